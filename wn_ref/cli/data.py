"""`wn-ref data`: list, download and look at the data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import FREE_NAME, Force, one_of
from wn_ref.cli.typed import Command
from wn_ref.datasets import CATALOG, DATASETS, Dataset, load_dataset
from wn_ref.errors import InputError, require_choice

app = typer.Typer(
    help="List the data sets: their sizes and licences, whether they are on this machine, and whether their files are "
    "those that were published. The commands below download them, draw examples, and add data of your own.",
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help=one_of(DATASETS), autocompletion=lambda: list(DATASETS))]


@app.callback(invoke_without_command=True)
def listing(context: typer.Context) -> None:
    """Print one line for each data set, and where files are looked for."""
    if context.invoked_subcommand is None:
        from wn_ref.datasets.own_files import added_names
        from wn_ref.datasets.places import VARIABLE, added, cache

        print(f"{'name':<22}{'train':>8}{'test':>8}{'download':>10}  {'licence':<31}here?")
        for name, entry in CATALOG.items():
            size = sum(file.size for file in entry.files)
            counts = f"{entry.train_size:>8,}{entry.test_size:>8,}"
            print(f"{name:<22}{counts}{_bytes(size):>10}  {entry.licence:<31}{_where(name)}")
        for name in added_names():
            try:
                data = load_dataset(name)
            except InputError as error:
                print(f"{name:<22}{error}")
                continue
            counts = f"{len(data.train_labels):>8,}{len(data.test_labels):>8,}"
            print(f"{name:<22}{counts}{'none':>10}  {'your own':<31}yes, {added()}")
        print(f"\nabsent data sets are downloaded to {cache()} at first use, or by wn-ref data get NAME;")
        print(f"files that you have already are found in the folder that the environment variable {VARIABLE} names;")
        print("wn-ref data add NAME SOURCE makes data of your own known")


@app.command(cls=Command, short_help="Make a data set of your own known by a name.")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, for --dataset.")],
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="An .npz file with train_images, train_labels, test_images and test_labels (and classes, mean, std, "
            "padding, flip, class_weights if you like), or a folder with train/CLASS/*.png and test/CLASS/*.png, or "
            "CLASS/*.png.",
        ),
    ],
    force: Force = False,
) -> None:
    """Copy data of your own to where they are found by their name.

    Images are uint8 or float32, of shape (n, height, width) or (n, channels, height, width). Of a folder without a test
    part, every fifth image of each class is kept for the test.
    """
    from wn_ref.datasets.own_files import add_dataset

    print(f"{name}: {_sizes(add_dataset(name, source, force))}")


@app.command(cls=Command, short_help="Download a data set, or check the files that are here.")
def get(name: Name) -> None:
    """Download the files of a data set that are not on this machine, check all of them, and read them once.

    The check compares each file with its published checksum.
    """
    from wn_ref.datasets.sources import find_or_fetch

    require_choice("dataset", name, DATASETS)
    entry = CATALOG[name]
    for file in entry.files:
        found = find_or_fetch(name, entry, file)
        print(f"{found.path}: {found.state}")
    data = load_dataset(name)
    print(f"{name}: {_sizes(data)}")


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
    from wn_ref.datasets.places import find
    from wn_ref.datasets.sources import paths_of
    from wn_ref.datasets.speech import examples
    from wn_ref.files import outputs

    (file,) = outputs(output, Path(f"{Path(name).stem}.png"), force=force)
    data = load_dataset(name)
    if name not in CATALOG:
        print(f"figure: {file.write(figures.contact_sheet(data).savefig)}")
        return
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


def _sizes(data: Dataset) -> str:
    sizes = f"{len(data.train_labels):,} to train, {len(data.test_labels):,} to test"
    return f"{sizes}, {len(data.classes)} classes"


def _where(name: str) -> str:
    """Say where the files of a data set are and whether they are the published ones, or that they are absent."""
    from wn_ref.datasets.places import find
    from wn_ref.datasets.sources import examine

    entry = CATALOG[name]
    if not entry.files:
        return "yes, comes with scikit-learn" if name == "digits" else "yes, comes with this package"
    try:
        places = {file: find(entry.folder, file) for file in entry.files}
    except InputError as error:
        return str(error)
    here = {file: path for file, path in places.items() if path is not None}
    if not here:
        return "absent"
    if len(here) < len(places):
        return f"absent: {', '.join(file.name for file in places if file not in here)}"
    try:
        states = dict.fromkeys(examine(path, file).state for file, path in here.items())
    except InputError as error:
        return str(error)
    return f"{here[entry.files[0]].parent} ({', '.join(states)})"


def _bytes(size: int) -> str:
    return "none" if not size else f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
