"""`wn-ref data`: list, download and look at the data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import FREE_NAME, Force, one_of
from wn_ref.cli.typed import Command
from wn_ref.datasets import CATALOG, DATASETS
from wn_ref.errors import require_choice

app = typer.Typer(
    help="List the data sets: their sizes and licences, whether they are on this machine, and whether their files are "
    "those that were published. The commands below download them and draw examples.",
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help=one_of(DATASETS), autocompletion=lambda: list(DATASETS))]


@app.callback(invoke_without_command=True)
def listing(context: typer.Context) -> None:
    """Print one line for each data set, and where files are looked for."""
    if context.invoked_subcommand is None:
        from wn_ref.datasets.places import VARIABLE, cache

        print(f"{'name':<22}{'train':>8}{'test':>8}{'download':>10}  {'licence':<31}here?")
        for name, entry in CATALOG.items():
            size = sum(file.size for file in entry.files)
            counts = f"{entry.train_size:>8,}{entry.test_size:>8,}"
            print(f"{name:<22}{counts}{_bytes(size):>10}  {entry.licence:<31}{_where(name)}")
        print(f"\nabsent data sets are downloaded to {cache()} at first use, or by wn-ref data get NAME;")
        print(f"files that you have already are found in the folder that the environment variable {VARIABLE} names")


@app.command(cls=Command, short_help="Download a data set, or check the files that are here.")
def get(name: Name) -> None:
    """Download the files of a data set that are not on this machine, check all of them, and read them once.

    The check compares each file with its published checksum.
    """
    from wn_ref.datasets import load_dataset
    from wn_ref.datasets.sources import find_or_fetch

    require_choice("dataset", name, DATASETS)
    entry = CATALOG[name]
    for file in entry.files:
        found = find_or_fetch(name, entry, file)
        print(f"{found.path}: {found.state}")
    data = load_dataset(name)
    sizes = f"{len(data.train_labels):,} to train, {len(data.test_labels):,} to test"
    print(f"{name}: {sizes}, {len(data.classes)} classes")


@app.command(cls=Command, short_help="Draw examples of a data set.")
def show(
    name: Name,
    output: Annotated[
        Path | None,
        typer.Option(help=f"File for the figure (.png, .pdf or .svg). {FREE_NAME}", show_default="NAME.png"),
    ] = None,
    force: Force = False,
) -> None:
    """Draw training images of every class; for speech, clips with their waveforms and their features (MFCC).

    The sample of speech comes without clips: its features alone are drawn, unless gsc or gsc_test_set is on this
    machine.
    """
    from wn_ref import figures
    from wn_ref.datasets import load_dataset
    from wn_ref.datasets.places import find
    from wn_ref.datasets.sources import paths_of
    from wn_ref.datasets.speech import examples
    from wn_ref.files import outputs

    require_choice("dataset", name, DATASETS)
    (file,) = outputs(output, Path(f"{name}.png"), force=force)
    data = load_dataset(name)
    entry = CATALOG[name]
    if entry.folder == "gsc" and not entry.files and find(entry.folder, CATALOG["gsc_test_set"].files[0]):
        entry = CATALOG["gsc_test_set"]  # the sample was made from it
    if entry.folder == "gsc" and entry.files:
        figure = figures.clips(examples(paths_of(name, entry)[-1]), data.classes)
    else:
        figure = figures.contact_sheet(data)
    print(f"figure: {file.write(figure.savefig)}")
    if entry.folder == "gsc" and not entry.files:
        print("features only, because no clips are here; wn-ref data get gsc_test_set downloads some")


def _where(name: str) -> str:
    """Say where the files of a data set are and whether they are the published ones, or that they are absent."""
    from wn_ref.datasets.places import find
    from wn_ref.datasets.sources import examine

    entry = CATALOG[name]
    if not entry.files:
        return "yes, comes with scikit-learn" if name == "digits" else "yes, comes with this package"
    places = {file: find(entry.folder, file) for file in entry.files}
    here = {file: path for file, path in places.items() if path is not None}
    if not here:
        return "absent"
    if len(here) < len(places):
        return f"absent: {', '.join(file.name for file in places if file not in here)}"
    states = dict.fromkeys(examine(path, file).state for file, path in here.items())
    return f"{here[entry.files[0]].parent} ({', '.join(states)})"


def _bytes(size: int) -> str:
    return "none" if not size else f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
