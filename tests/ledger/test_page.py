"""The ledger: from tables alone, the same bytes again; and every number on it is one of the runs'."""

import re
import shutil
from dataclasses import replace

import pytest
from matplotlib.text import Text

from tests.ledger.made_up import cells, runs_of
from wn_ref import InputError, published_figure, published_ledger
from wn_ref.ledger import tables
from wn_ref.ledger.catalog import chosen_rows
from wn_ref.ledger.drawn import FIGURES, draw
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.html import write_html
from wn_ref.ledger.page import markdown, write_ledger
from wn_ref.ledger.row import NOT_RUN, UNDECIDED
from wn_ref.ledger.totals import totals
from wn_ref.version import ALGORITHM


@pytest.fixture(scope="module")
def few(some_rows):
    return [row for row in some_rows if row.id.startswith(("table1", "figure8", "table3/mnist/mlp/bn/uniform"))]


@pytest.fixture(scope="module")
def folder(few, tmp_path_factory):
    """Published tables of a few rows."""
    results = tmp_path_factory.mktemp("record") / "results"
    tables.write(results, tables.merged(runs_of(few), ()))
    return results


def test_tables_alone_give_the_same_ledger_and_figures_byte_for_byte(folder, few, tmp_path):
    page = write_ledger(Evidence(tables.read(folder)), folder, few)
    html = write_html(Evidence(tables.read(folder)), folder, few)
    elsewhere = tmp_path / "results"
    shutil.copytree(folder, elsewhere)
    again = Evidence(tables.read(elsewhere))
    assert write_ledger(again, elsewhere, few).read_bytes() == page.read_bytes()
    assert write_html(again, elsewhere, few).read_bytes() == html.read_bytes()
    tables.write(elsewhere, tables.read(elsewhere))
    assert {f.name: f.read_bytes() for f in elsewhere.iterdir()} == {f.name: f.read_bytes() for f in folder.iterdir()}


def test_a_line_says_what_the_runs_say(evidence, some_rows):
    page = markdown([evidence.result(row) for row in some_rows])
    (line,) = [line for line in page.splitlines() if "<br>`table1/mnist/mlp/nobn/additive`" in line]
    _, what, paper, ours, ratio, epochs, networks, _, verdict, more, _ = (cell.strip() for cell in line.split("|"))
    result = evidence.result(next(row for row in some_rows if row.id == "table1/mnist/mlp/nobn/additive"))
    mu, low, high = result.finding.value, result.finding.low, result.finding.high
    assert what.startswith("midpoint, MLP without batch norm, mnist, global additive noise in training")
    assert (paper, epochs, verdict) == ("1.69", "100", "**qualitatively**")
    assert ours == f"{mu:.3g} ({low:.3g} to {high:.3g})"
    assert ratio == f"{mu / 1.69:.3g}"
    assert networks == str(result.networks) == str(len({run["seed"] for run in result.runs}))
    assert more == "[mnist-mlp.csv](results/mnist-mlp.csv); [04](04_global_noise.ipynb)"


def test_evidence_that_knows_earlier_answers_counts_no_run_twice(made_up, some_rows):
    """Tables that are read again have the same runs in other objects, as while a campaign runs."""
    rows = [row for row in some_rows if row.id.startswith(("table1/mnist/mlp", "table4/mnist/mlp"))]
    before = Evidence(made_up)
    once = markdown([before.result(row) for row in rows])
    again = Evidence([dict(cells) for cells in made_up], before)
    assert markdown([again.result(row) for row in rows]) == once


def test_what_differs_is_said_once(evidence, some_rows):
    (row,) = [row for row in some_rows if row.id == "table1/mnist/mlp/bn/multiplicative/straight-through"]
    assert evidence.result(row).differs == ["straight-through gradient"]


def test_the_totals_count_each_network_once(evidence, some_rows):
    rows = [row for row in some_rows if row.id.startswith("table4/mnist/mlp")]
    (total,) = totals([evidence.result(row) for row in rows])
    additive, multiplicative = (
        evidence.result(next(row for row in rows if row.id == f"table4/mnist/mlp/bn/{noise}"))
        for noise in ("additive", "multiplicative")
    )
    assert total.theirs == 2 * 10  # with and without batch norm; both noises share the networks
    assert additive.networks == multiplicative.networks == 10
    assert total.networks == 20
    one = next(row for row in some_rows if row.id == "table1/mnist/mlp/bn/additive")
    (total,) = totals([evidence.result(one)])
    assert total.theirs == 17 * 10


def test_what_campaigns_share_is_counted_once(evidence, some_rows):
    """A claim of one campaign about networks of another's numbers trains none of its own."""
    rows = [row for row in some_rows if row.id.startswith("table4/mnist/mlp/bn")]
    number = evidence.result(next(row for row in rows if row.id == "table4/mnist/mlp/bn/additive"))
    claim = replace(number, row=replace(number.row, paper=float("nan"), campaign="a"))
    later = replace(number, row=replace(number.row, campaign="f"))
    shared, own = totals([claim, later])
    assert (shared.networks, own.networks) == (0, 10)
    assert shared.hours == 0 < own.hours
    assert shared.beside == own.beside == 10
    assert shared.beside_hours == own.hours


def test_nothing_is_claimed_without_runs(some_rows):
    page = markdown([Evidence([]).result(row) for row in some_rows])
    assert page.count(f"| {NOT_RUN} |") >= len(some_rows)
    assert not re.search(r"\*\*(reproduced|qualitatively|not)\*\*", page)


def test_the_page_is_self_contained(folder, few):
    html = write_html(Evidence(tables.read(folder)), folder, few[:3]).read_text()
    assert 'src="data:image/svg+xml;base64,' in html
    assert not re.findall(r'(?:src|href)="(?:http|/)', html)
    assert html.count("<table>") == html.count("</table>") >= 2
    assert "expected published runs, got none; run `wn-ref reproduce figure2`" in html


@pytest.mark.parametrize("number", [1, 3, 5, 6, 8, 9, 11])
def test_figures_from_published_runs(number, evidence, tmp_path):
    draw(number, evidence).savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 8000


def test_the_curve_of_a_grid_says_when_there_was_noise_and_which(evidence):
    titles = [draw(1, evidence, batchnorm=batchnorm).axes[0].get_title() for batchnorm in (False, True)]
    assert "additive noise (global), in training" in titles[0]
    assert "additive noise (all points), at inference only" in titles[1]


def test_figure_1_has_additive_noise_if_there_is_any_and_the_fit_of_its_row():
    """The exact gradient is the one to which the paper's numbers belong, so these may be compared."""
    multiplicative, additive = chosen_rows(
        ["grid/table1/mnist/mlp/nobn/multiplicative", "table4/mnist/mlp/bn/additive"]
    )
    if multiplicative.id.startswith("table4"):
        multiplicative, additive = additive, multiplicative
    both, one = (Evidence(runs_of(rows)) for rows in ([multiplicative, additive], [multiplicative]))
    assert "additive noise" in draw(1, both).axes[0].get_title()
    figure = draw(1, one)
    assert "multiplicative noise" in figure.axes[0].get_title()
    words = " ".join(text.get_text() for text in figure.findobj(Text))
    assert f"{one.result(multiplicative).finding.value:.3g}" in words
    assert "not comparable" not in words
    assert "gradient" not in words


def test_a_grid_that_overflowed_everywhere_does_not_stop_figure_1():
    silent, other = chosen_rows(["table4/mnist/mlp/bn/additive", "table4/mnist/mlp/bn/multiplicative"])[:2]
    assert {silent.id, other.id} == {"table4/mnist/mlp/bn/additive", "table4/mnist/mlp/bn/multiplicative"}
    if silent.id.endswith("multiplicative"):
        silent, other = other, silent
    lost = [run | {"accuracy": "", "error": "overflow in epoch 1: the loss"} for run in runs_of([silent])]
    evidence = Evidence([*lost, *runs_of([other])])
    assert evidence.result(silent).finding.verdict == UNDECIDED
    assert "multiplicative noise" in draw(1, evidence).axes[0].get_title()


def test_copies_of_the_papers_images_do_not_make_a_figures_number_another(monkeypatch):
    """The ledger compares it; the figure says what the copies are, and compares, too."""
    (row,) = chosen_rows(["table4/cifar10/mlp/bn/additive"])[:1]
    runs = runs_of([row])
    monkeypatch.setattr("wn_ref.ledger.evidence.STAND_INS", {runs[0]["data"]: "copies of the images"})
    figure = draw(1, Evidence(runs), dataset="cifar10")
    words = " ".join(text.get_text() for text in figure.findobj(Text))
    assert "copies of the images" in words
    assert "not comparable" not in words
    short = draw(1, Evidence(runs_of([row.at(3)])), dataset="cifar10")
    assert "not comparable" in " ".join(text.get_text() for text in short.findobj(Text))


def test_a_published_figure_has_the_midpoints_of_the_ledger(evidence, some_rows):
    row = next(row for row in some_rows if row.id == "figure11/mnist/mlp/weights/bn")
    expected = [evidence.answer(search).estimate.midpoint for search in row.searches]
    lines = draw(11, evidence, batchnorm=True).axes[0].get_lines()
    assert any(line.get_marker() == "s" and list(line.get_ydata()) == expected for line in lines)


def test_a_figure_of_some_of_its_midpoints_says_so(some_rows):
    row = next(row for row in some_rows if row.id == "figure11/mnist/mlp/weights/bn")
    titles = [
        draw(11, Evidence(runs_of([part])))._suptitle.get_text()
        for part in (row, replace(row, searches=row.searches[:3]))
    ]
    asked = len({s for one in chosen_rows(["figure11/mnist/mlp"]) for s in one.searches})
    assert [title.rpartition(", ")[2] for title in titles] == [f"{n} of {asked} midpoints so far" for n in (11, 3)]


def test_the_ledger_as_a_table_is_that_of_the_page(folder, few):
    table = published_ledger("table1/mnist", folder=folder)
    evidence = Evidence(tables.read(folder))
    for row in few:
        if row.id in table.index:
            found, finding = table.loc[row.id], evidence.result(row).finding
            assert (found.paper, found.ours, found.low, found.high) == (row.paper, *finding_numbers(finding))
            assert (found.verdict, found.networks) == (finding.verdict, evidence.result(row).networks)
    assert set(table["verdict"]) > {NOT_RUN}
    assert "fashion" not in " ".join(table.index)
    with pytest.raises(InputError, match="item: expected the beginning of a row's id"):
        published_ledger("table7", folder=folder)


def finding_numbers(finding):
    return finding.value, finding.low, finding.high


def test_what_is_missing_is_said_with_the_command(folder, tmp_path):
    for number in FIGURES:
        with pytest.raises(InputError, match=rf"figure {number}: expected published runs, got none; run `wn-ref repr"):
            published_figure(number, tmp_path)
    with pytest.raises(InputError, match="figure 8: expected published runs with dataset cifar10, got none"):
        published_figure(8, folder, dataset="cifar10")
    with pytest.raises(InputError, match="figure: expected one of 1, 2, 3, 5"):
        published_figure(4, folder)


def test_hours_are_of_the_training_too_and_all_networks_are_counted(evidence, some_rows):
    """Ten networks of 36 s, and ten evaluations of 36 s each in this world."""
    row = next(row for row in some_rows if row.id == "table3/mnist/mlp/bn/uniform")
    quiet = [cells(experiment.training_experiment()) for experiment in row.plan]
    alone, whole = (Evidence([*map(cells, row.plan), *more]).result(row) for more in ([], quiet))
    assert (alone.networks, whole.networks) == (10, 10)
    assert (alone.hours, whole.hours) == (0.1, 0.2)
    assert alone.finding == whole.finding
    stacked = next(row for row in some_rows if row.id == "figure8/mnist/mlp")  # whose grid in the paper is not known
    (total,) = totals([evidence.result(stacked)])
    assert (total.networks, total.beside, total.theirs) == (62, 0, 0)


def test_a_file_that_is_no_ledger_is_not_replaced(folder, few, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(folder, results)
    mine = tmp_path / "REPRODUCTION.md"
    mine.write_text("# My notes\n")
    with pytest.raises(InputError, match="to be an earlier ledger, got '# My notes'; move it away"):
        write_ledger(Evidence([]), results, few)
    assert mine.read_text() == "# My notes\n"


def test_the_page_names_the_version(folder, few):
    runs = tables.read(folder)
    assert f"of version {ALGORITHM} of what wn_ref computes (`wn_ref.version.ALGORITHM`)" in page_of(runs, few)
    older = [run | {"algorithm": "1"} for run in runs]
    assert f"of version 1 of what wn_ref computes (`wn_ref.version.ALGORITHM`; it is {ALGORITHM} now)" in page_of(
        older, few
    )


def page_of(runs, rows):
    evidence = Evidence(runs)
    return markdown([evidence.result(row) for row in rows])
