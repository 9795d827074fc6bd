"""What a command leaves behind: tables to read, figures, and files beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wn_ref.files import free_figure, whole

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Files:
    """Where a walk's results go: the figure, and beside it a row for each run and a row for each midpoint."""

    figure: Path
    runs: Path
    midpoints: Path

    @classmethod
    def beside(cls, figure: Path) -> Files:
        """Choose names that are not taken yet; see `wn_ref.files.free_figure`."""
        return cls(*free_figure(figure, "_runs.csv", "_midpoints.csv"))

    def write_runs(self, runs: pandas.DataFrame) -> Path:
        """Write the table of runs and return where it is."""
        whole(self.runs, lambda path: runs.to_csv(path, index=False))
        return self.runs


def walk(runs: pandas.DataFrame, files: Files, scale: str) -> str:
    """Fit the midpoints of a walk, write table and figure, and return what to print."""
    from wn_ref import figures
    from wn_ref.findings.robustness import midpoints

    sigma = "sigma_mul" if (runs["sigma_mul"] > 0).any() else "sigma_add"
    fits = midpoints(runs, sigma=sigma, scale=scale)
    first = runs.iloc[0]
    title = (
        f"{first['model'].upper()} {'with' if first['batchnorm'] else 'without'} batch norm, {first['dataset']}, "
        f"{_count(first['epochs'], 'epoch')}, {_count(runs['seed'].nunique(), 'seed')}"
    )
    whole(files.midpoints, lambda path: fits.to_csv(path, index=False))
    whole(files.figure, lambda path: figures.walking(fits, title).savefig(path))
    failed = runs.loc[runs["accuracy"].isna(), "error"]
    lines = [title, "", *_table(fits, floors=sigma == "sigma_mul"), ""]
    lines += [f"{len(failed)} runs stopped, the first with: {failed.iloc[0]}"] if len(failed) else []
    lines += [f"midpoint noise level with its 95 % interval; every run is in {files.runs}", f"figure: {files.figure}"]
    return "\n".join(lines)


def bench_row(row: dict, first: bool) -> str:
    """Lay out one row of `wn_ref.bench.run`; the first of the networks gets a head."""
    if row["kind"] == "limits":
        torch = f", PyTorch {row['torch_normals_millions']:.0f}" if "torch_normals_millions" in row else ""
        return (
            f"machine, one core: sgemm {row['sgemm_gflops']:.0f} GFLOP/s, copy {row['copy_gb']:.0f} GB/s; normals "
            f"{row['normals_millions']:.0f} M/s (NumPy {row['numpy_normals_millions']:.0f}{torch})"
        )
    if row["kind"] == "process":
        return (
            f"LeNet-5: peak memory {row['peak_memory_mb']:.0f} MB; first step {row['first_step_cold_seconds']:.1f} s "
            f"cold, {row['first_step_cached_seconds']:.1f} s from the cache"
        )
    if row["kind"] == "workers":
        return f"two workers, two experiments: {row['two_over_one']:.2f} times as long as one on one"
    ratios = [f"{row[f'{name}_ratio']:7.1f}x" if f"{name}_ratio" in row else "" for name in ("train", "evaluate")]
    line = (
        f"{row['model']:<7} {'yes' if row['batchnorm'] else 'no':<4} {row['noise']:<15} {row['train_seconds']:9.3f} "
        f"{row['share_of_bound']:7.0%} {ratios[0]:>9} {row['evaluate_seconds']:11.3f} {ratios[1]:>9}"
    )
    head = "model   BN   noise           s an epoch  of bound   PyTorch  s to evaluate  PyTorch"
    return f"{head}\n{line}" if first else line


def _table(fits: pandas.DataFrame, floors: bool = False) -> list[str]:
    """A line a point: number, name, midpoint in each phase (and where accuracy ends), highest accuracy."""
    phases = [phase for phase in ("inference", "training") if phase in set(fits["phase"])]
    width = 38 if floors else 24
    lines = ["point  name    " + "".join(f"{f'noise in {phase}':<{width}}" for phase in phases) + "highest accuracy"]
    for (point, name), same in fits.groupby(["point", "name"]):
        cells = [_cell(same[same["phase"] == phase].iloc[0], floors) for phase in phases]
        highest = f"{same['highest'].max():8.1%}"
        lines.append(f"{point:5}  {name:<8}" + "".join(f"{cell:<{width}}" for cell in cells) + highest)
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _cell(fit: pandas.Series, floors: bool) -> str:
    if fit["kind"] == "measured":
        end = f", ends at {fit['a_min']:.0%}" if floors else ""
        return f"{fit['midpoint']:.3g} ({fit['low']:.3g} to {fit['high']:.3g}){end}"
    return {"lower bound": f"> {fit['low']:.3g}", "upper bound": f"< {fit['high']:.3g}"}.get(fit["kind"], "unknown")
