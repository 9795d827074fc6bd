"""`wn-ref data`: which data sets are here, fetching them, looking at them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.datasets import CATALOG, DATASETS
from wn_ref.errors import require_choice

app = typer.Typer(
    help="List the data sets: what is here, from where, and whether it is what was published; fetch and look at them.",
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="One of: " + ", ".join(DATASETS) + ".")]


@app.callback(invoke_without_command=True)
def listing(context: typer.Context) -> None:
    """List the data sets; `get NAME` fetches one, `show NAME` draws some of its images."""
    if context.invoked_subcommand is None:
        from wn_ref.datasets.sources import VARIABLE, cache

        print(f"{'name':<22}{'train':>8}{'test':>8}{'download':>10}  {'licence':<31}here?")
        for name, entry in CATALOG.items():
            size = sum(file.size for file in entry.files)
            counts = f"{entry.train_size:>8,}{entry.test_size:>8,}"
            print(f"{name:<22}{counts}{_bytes(size):>10}  {entry.licence:<31}{_where(name)}")
        print(f"\nabsent ones are downloaded into {cache()} when they are needed, or by `wn-ref data get NAME`;")
        print(f"files of your own are found in the folder that the environment variable {VARIABLE} names")


@app.command(short_help="Fetch a data set, or check the files that are here.")
def get(name: Name) -> None:
    """Fetch the files of a data set that are not here yet, compare all with their checksums, and read them once."""
    from wn_ref.datasets import load_dataset
    from wn_ref.datasets.sources import examine, fetch, find

    require_choice("dataset", name, DATASETS)
    entry = CATALOG[name]
    for file in entry.files:
        path = find(entry.folder, file)
        found = examine(path, file) if path else fetch(name, entry.folder, file)
        print(f"{found.path}: {found.state}")
    data = load_dataset(name)
    sizes = f"{len(data.train_labels):,} to train, {len(data.test_labels):,} to test"
    print(f"{name}: {sizes}, {len(data.classes)} classes")


@app.command(short_help="Draw some images or clips of a data set.")
def show(
    name: Name,
    output: Annotated[
        Path | None, typer.Option(help="The figure (.png, .pdf or .svg); NAME.png by default. Nothing is overwritten.")
    ] = None,
) -> None:
    """Draw training images of every class; of speech, clips with their waveforms and MFCC."""
    from wn_ref import figures
    from wn_ref.datasets import load_dataset
    from wn_ref.datasets.sources import locate
    from wn_ref.datasets.speech import examples
    from wn_ref.files import free_figure, whole

    require_choice("dataset", name, DATASETS)
    (path,) = free_figure(output or Path(f"{name}.png"))
    data = load_dataset(name)
    if CATALOG[name].folder == "gsc" and CATALOG[name].files:
        figure = figures.clips(examples(locate(name, CATALOG[name])[-1]), data.classes)
    else:
        figure = figures.contact_sheet(data)
    whole(path, lambda part: figure.savefig(part))
    print(f"figure: {path}")


def _where(name: str) -> str:
    """Where the files of a data set are, and in which state; or that they are absent."""
    from wn_ref.datasets.sources import examine, find

    entry = CATALOG[name]
    if not entry.files:
        return "yes, comes with scikit-learn" if name == "digits" else "yes, comes with the repository"
    paths = [find(entry.folder, file) for file in entry.files]
    if not any(paths):
        return "absent"
    if not all(paths):
        return f"absent: {', '.join(file.name for file, path in zip(entry.files, paths) if path is None)}"
    states = dict.fromkeys(examine(path, file).state for path, file in zip(paths, entry.files))
    return f"{paths[0].parent} ({', '.join(states)})"


def _bytes(size: int) -> str:
    return "none" if not size else f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
