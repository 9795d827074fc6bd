"""The rooms of the package: imports point one way, and never in a circle.

Every import counts, also one inside of a function or for the type checker alone.
"""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import wn_ref

PACKAGE = Path(wn_ref.__file__).parent
FLOORS = (
    "errors counted interrupt lazy version blas compiled installed",
    "folders",
    "code_fingerprint user_code files arrays npz generator kernels paper",
    "random",
    "layers loss noise fits datasets",
    "injection own_noise checks steps",
    "network",
    "models optim overflow weights",
    "train own_model evaluation",
    "experiment machine",
    "running",
    "store",
    "sweeps",
    "search findings",
    "figures",
    "reproduce ports bench_tools",
    "bench_peers",
    "bench_process",
    "bench ledger",
    "cli",
)
"""From the ground up; a room may use what is below it."""
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms.split()}


def modules(folder: Path) -> dict[str, str]:
    """Names and sources of all modules of the package; a package's own file goes by the package's name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = ("wn_ref", *path.relative_to(folder).with_suffix("").parts)
        found[".".join(parts).removesuffix(".__init__")] = path.read_text()
    return found


def imports(sources: dict[str, str]) -> dict[str, set[str]]:
    """Which modules of the package each one imports."""
    graph = {}
    for name, source in sources.items():
        used = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name}: relative import"
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    used.add(whole if whole in sources else node.module)
            elif isinstance(node, ast.Import):
                used.update(alias.name for alias in node.names)
        graph[name] = {module for module in used if module in sources and module != name}
    return graph


def faults(sources: dict[str, str]) -> list[str]:
    """Every import that points up or at the package's face, and one circle, if there is one."""
    graph, found = imports(sources), []
    for name, used in graph.items():
        room = name.split(".")[1] if "." in name else None
        if room in (None, "__main__"):
            continue
        for module in used:
            other = module.split(".")[1] if "." in module else None
            if other is None:
                found.append(f"{name} imports the package's face")
            elif other != room and FLOOR[other] >= FLOOR[room]:
                found.append(f"{name} imports {module}, which is not below it")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append(f"circle: {' <- '.join(error.args[1])}")
    return found


def test_imports_point_one_way_and_never_in_a_circle():
    sources = modules(PACKAGE)
    assert len(sources) > 80
    assert faults(sources) == []


def test_planted_mistakes_are_found():
    ground = {"wn_ref.errors": "", "wn_ref.layers.dense": "from wn_ref.errors import InputError"}
    assert faults(ground) == []
    for room, source, message in (
        ("errors", "def f():\n    from wn_ref.layers.dense import Dense", "which is not below it"),
        ("errors", "if TYPE_CHECKING:\n    from wn_ref.layers import dense", "which is not below it"),
        ("layers.relu", "from wn_ref.layers import pool", "circle: "),
        ("layers.relu", "from wn_ref import InputError", "the package's face"),
        ("noise", "import wn_ref.loss", "which is not below it"),
    ):
        planted = {"wn_ref": "", "wn_ref.loss": "", "wn_ref.layers.pool": "import wn_ref.layers.relu"}
        assert message in "; ".join(faults(planted | ground | {f"wn_ref.{room}": source}))


def test_layers_do_not_touch_what_is_inside_of_numba():
    for path in (PACKAGE / "layers").glob("*.py"):
        assert "llvmlite" not in path.read_text()
        assert "numba.core" not in path.read_text()


def test_the_house_stays_short():
    lines = {path: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {str(path): count for path, count in lines.items() if count > 320} == {}
    assert lines[PACKAGE / "layers" / "conv.py"] <= 120


def test_pandas_and_matplotlib_wait_until_they_are_needed():
    code = (
        "import sys, wn_ref.cli; print([name for name in ('pandas._libs', 'matplotlib.pyplot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "wn_ref", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"wn-ref {wn_ref.__version__}\n"
