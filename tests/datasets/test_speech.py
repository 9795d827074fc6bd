"""Speech: who is in which part and class, features against python_speech_features, damaged clips, the cache."""

import io
import os
import signal

import numpy as np
import pytest
import soundfile
from python_speech_features import mfcc as reference
from scipy.signal.windows import hann

from tests.datasets import files
from wn_ref import InputError, load_dataset
from wn_ref.datasets import features, mfcc, speech
from wn_ref.datasets.places import cache
from wn_ref.datasets.sources import DataWarning
from wn_ref.errors import WorkerError

pytestmark = pytest.mark.filterwarnings("ignore::wn_ref.datasets.sources.DataWarning")

FOLDERS = (*speech.WORDS, "_silence_", "_unknown_")


def float_wav(samples):
    """A WAV file of floats."""
    out = io.BytesIO()
    soundfile.write(out, np.asarray(samples, np.float32), 16_000, format="WAV", subtype="FLOAT")
    return out.getvalue()


@pytest.fixture
def test_set():
    """Five tones a class, as the publisher lays out the test set."""
    return {f"{folder}/{i}.wav": files.tone(200 + 50 * k + i) for k, folder in enumerate(FOLDERS) for i in range(5)}


@pytest.fixture
def main_set():
    """Words, other words, lists of clips that are held out, and background noise, as in the main archive."""
    contents = {f"{word}/{i}.wav": files.tone(300 + i) for word in ("yes", "go", "bed", "cat") for i in range(4)}
    for name in ("pink_noise.wav", "running_tap.wav"):
        contents[f"_background_noise_/{name}"] = files.tone(50, seconds=2.6)
    contents["validation_list.txt"] = b"yes/0.wav\nbed/0.wav\n"
    contents["testing_list.txt"] = b"go/1.wav\ncat/1.wav\n"
    return contents | {"README.md": b"hello", "_background_noise_/README.md": b"hello"}


@pytest.mark.parametrize("packed", [False, True])
def test_the_test_set_is_split_by_class(packed, bare, test_set):
    folder = bare / "data" / "gsc"
    folder.mkdir(parents=True)
    if packed:
        files.tar(folder / "speech_commands_test_set_v0.02.tar.gz", {f"./{k}": v for k, v in test_set.items()})
    else:
        files.unpack(folder / "speech_commands_test_set_v0.02", test_set | {"LICENSE": b"hello"})
    data = load_dataset("gsc_test_set")
    assert data.train_images.shape == (48, 1, 10, 49)
    assert data.train_images.dtype == np.float32
    assert np.bincount(data.train_labels).tolist() == [4] * 12
    assert np.bincount(data.test_labels).tolist() == [1] * 12
    assert data.classes == (*speech.WORDS, "silence", "unknown")
    everything = {mfcc.features(mfcc.waveform(name, content)).tobytes(): name for name, content in test_set.items()}
    for x, label in zip(data.train_images, data.train_labels):
        assert FOLDERS.index(everything[x.tobytes()].split("/")[0]) == label


@pytest.mark.parametrize("packed", [False, True])
def test_the_whole_set_uses_the_published_lists(packed, bare, test_set, main_set):
    folder = bare / "data" / "gsc"
    folder.mkdir(parents=True)
    for name, contents in (("speech_commands_v0.02", main_set), ("speech_commands_test_set_v0.02", test_set)):
        if packed:
            files.tar(folder / f"{name}.tar.gz", contents)
        else:
            files.unpack(folder / name, contents)
    data = load_dataset("gsc")
    words = {f"{word}/{i}.wav" for word in ("yes", "go", "bed", "cat") for i in range(4)}
    words -= {"yes/0.wav", "bed/0.wav", "go/1.wav", "cat/1.wav"}
    cuts = {f"_background_noise_/pink_noise.wav@{start}" for start in (0, 8000, 16000, 24000)}
    assert len(data.train_labels) == len(words | cuts)
    assert len(data.test_labels) == 60
    clips = {clip.name: clip for clip in speech.training_clips(folder / sorted(os.listdir(folder))[1])}
    assert set(clips) == words | cuts
    assert {clips[name].label for name in cuts} == {speech.SILENCE}
    assert clips["cat/0.wav"].label == speech.UNKNOWN
    assert clips["go/0.wav"].label == speech.WORDS.index("go")
    counts = np.bincount(data.train_labels, minlength=12)
    assert counts[[1, 9, 10, 11]].tolist() == [3, 3, 4, 6]


def test_background_noise_lies_on_four_fifths_of_the_words_as_loud_as_published(rng):
    """800 of 1,000 words, within 4 binomial standard deviations; volumes uniform in 0 to 0.1 (4 standard errors)."""
    noises = [np.ones(20_000, np.float32), -np.ones(17_000, np.float32)]
    backgrounds = [speech._background(f"go/{i}.wav", noises) for i in range(1000)]
    volumes = np.array([b[0] for b in backgrounds if b is not None])
    assert abs(len(volumes) - 800) < 4 * np.sqrt(1000 * 0.8 * 0.2)
    assert 0 < abs(volumes).min() < abs(volumes).max() <= 0.1
    assert abs(abs(volumes).mean() - 0.05) < 4 * 0.1 / np.sqrt(12 * len(volumes))
    assert abs(np.mean(volumes > 0) - 0.5) < 4 * 0.5 / np.sqrt(len(volumes))
    again = speech._background("go/7.wav", noises)
    assert (again is None and backgrounds[7] is None) or np.array_equal(again, backgrounds[7])


def test_background_noise_is_added_after_scaling(rng):
    clip, noise = rng.normal(size=16000).astype(np.float32), 0.05 * rng.normal(size=16000).astype(np.float32)
    clip[0], noise[0] = 64, 0  # the largest sample, before and after
    assert np.array_equal(mfcc.features(clip, noise), mfcc.features(clip / 64 + noise))


def test_features_are_those_of_the_paper(rng):
    samples = (3000 * rng.normal(size=12_000)).astype(np.int16)
    clip = mfcc.waveform("a.wav", files.wav(samples))
    assert clip.shape == (16_000,)
    assert not clip[12_000:].any()
    padded = np.concatenate([samples, np.zeros(4000)]) / samples.max()
    expected = reference(
        padded, 16_000, winlen=0.03, winstep=0.02, numcep=10, nfilt=40, nfft=512, lowfreq=20, highfreq=4000, preemph=0,
        ceplifter=0, appendEnergy=False, winfunc=hann,
    )  # fmt: skip
    assert expected.shape == (50, 10)
    found = mfcc.features(clip)
    assert found.shape == (1, 10, 49)
    voiced = slice(0, 36)  # frames of silence are the logarithm of rounding errors
    np.testing.assert_allclose(found[0, :, voiced], expected[voiced].T, rtol=1e-3, atol=1e-3)
    assert np.isfinite(mfcc.features(np.zeros(16_000, np.float32))).all()


def test_class_weights_by_hand():
    """Frequencies 1/2 (unknown), 1/4 (go), 1/4 (yes)."""
    labels = np.array([11, 11, 1, 9])
    weights = np.ones(12)
    weights[[1, 9, 11]] = 0.75, 0.75, 0.5 / 3.6
    np.testing.assert_allclose(speech.class_weights(labels), weights / weights.sum())


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (files.wav(np.zeros(8000), rate=8000), "expected one channel at 16000 Hz, got 1 at 8000 Hz; convert it"),
        (files.wav(np.zeros(32000), channels=2), "got 2 at 16000 Hz"),
        (files.wav([]), "expected one second of sound, got no samples"),
        (b"", "expected a WAV file, got"),
        (b"RIFF....", "expected a WAV file, got"),
        (files.tone(50)[:-1], "expected 32000 bytes of sound, got 31999; delete the file"),
        (files.tone(50)[:8044], "expected 32000 bytes of sound, got 8000"),
    ],
)
def test_damaged_clips(content, match):
    with pytest.raises(InputError, match=f"^go/damaged.wav: .*{match}") as caught:
        features._rows([mfcc.Clip("go/damaged.wav", 1, content)])
    assert "\n" not in str(caught.value)


def test_a_clip_whose_length_is_not_known_is_read_to_its_end():
    """As programs write it that write to a pipe; a short clip is silent at its end."""
    content = files.tone(50, seconds=0.5)
    for size in (b"\xff\xff\xff\xff", b"\x00\xf0\xff\x7f"):
        piped = content[:40] + size + content[44:]
        assert np.array_equal(mfcc.waveform("go/piped.wav", piped), mfcc.waveform("go/0.wav", content))


def test_a_damaged_clip_that_a_worker_meets_is_one_line_and_nothing_is_kept(bare, test_set):
    files.unpack(bare / "data" / "gsc" / "speech_commands_test_set_v0.02", test_set | {"go/damaged.wav": b"RIFF...."})
    with pytest.raises(InputError, match=r"^go/damaged.wav: .*expected a WAV file, got") as caught:
        load_dataset("gsc_test_set")
    assert "\n" not in str(caught.value)
    assert not list(cache().rglob("*.npz"))


@pytest.mark.parametrize(
    ("samples", "match"),
    [
        ([0.1, np.nan, 0.2], "go/0.wav: expected finite samples, got some that are not"),
        ([0.1, -np.inf], "go/0.wav: expected finite samples, got some that are not"),
        ([1e-42, -1.0], "go/0.wav: expected a sound with finite features, got one whose samples are too large or too"),
        ([1e-30, -1e30], "go/0.wav: expected a sound with finite features"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_clip_without_finite_features_is_refused(samples, match):
    with pytest.raises(InputError, match=match):
        features._rows([mfcc.Clip("go/0.wav", 1, float_wav(samples))])


def test_missing_parts(bare, test_set, main_set):
    folder = bare / "data" / "gsc"
    files.unpack(folder / "speech_commands_test_set_v0.02", {"hello/1.wav": files.tone(100)})
    with pytest.raises(InputError, match=r"expected folders _silence_, _unknown_, down, .*, got 'hello'"):
        load_dataset("gsc_test_set")
    with pytest.raises(InputError, match="expected WAV files in folders, got none"):
        features.compute("gsc", [])
    for name in ("testing_list.txt", "_background_noise_/pink_noise.wav"):
        part = {k: v for k, v in main_set.items() if k != name and not (name[0] == "_" and k.startswith("_"))}
        files.tar(folder / "main.tar.gz", part)
        with pytest.raises(InputError, match=f"got no {name.split('/')[0]}; delete the file and fetch it again"):
            list(speech.training_clips(folder / "main.tar.gz"))


@pytest.mark.parametrize(
    "written",
    [
        "./{}\n", "{}\r\n", "\ufeff{}\n", "speech_commands_v0.02/{}\n", "/home/me/data/{}\n", "{}", "  {}  \n\n",
        ".\\{}\r\n", "C:\\data\\speech\\{}\r\n",
    ],
)  # fmt: skip
def test_lists_keep_clips_out_however_they_write_paths(written, bare, main_set):
    testing = [name.replace("/", "\\") if "\\" in written else name for name in ("go/1.wav", "cat/1.wav")]
    text = (
        written.format(testing[0])
        + ("" if written.endswith("\n") else "\n")
        + written.lstrip("\ufeff").format(testing[1])
    )
    folder = _laid_out(bare, main_set | {"testing_list.txt": text.encode()})
    names = {clip.name for clip in speech.training_clips(folder)}
    assert not names & {"yes/0.wav", "bed/0.wav", "go/1.wav", "cat/1.wav"}
    assert len(names) == 12 + 4


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "got an empty list"),
        (b" \n\r\n\n", "got an empty list"),
        (b"\xef\xbb\xbf", "got an empty list"),
        (b"1.wav\n", "got no clip that is here, but '1.wav'"),
        (b"go/1\ncat/1\n", "got no clip that is here, but 'cat/1'"),
        (b"go,1.wav", "got no clip that is here"),
        ("go/1.wav\ncat/1.wav".encode("utf-16"), "testing_list.txt: expected a list of names in UTF-8, got"),
        (b"<html>not found</html>", "got no clip that is here"),
    ],
)
def test_a_list_that_cannot_be_understood_is_refused(content, match, bare, main_set):
    folder = _laid_out(bare, main_set | {"testing_list.txt": content})
    with pytest.raises(InputError, match=match) as caught:
        list(speech.training_clips(folder))
    assert "testing_list.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_held_out_clips_that_are_not_here_cost_a_warning(bare, main_set):
    folder = _laid_out(bare, main_set | {"testing_list.txt": b"go/1.wav\ncat/99.wav\n"})
    with pytest.warns(DataWarning, match="1 of the 2 clips in testing_list.txt are not here, such as cat/99.wav"):
        assert "go/1.wav" not in {clip.name for clip in speech.training_clips(folder)}


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (float_wav(np.r_[np.nan, np.zeros(20_000)]), "finite samples"),
        (files.tone(50, seconds=2.6, rate=8000), "at 8000 Hz"),
        (files.tone(50, seconds=0.5), r"shape \(8000, 1\)"),
    ],
)
def test_damaged_background_noise(content, match, bare, main_set):
    folder = _laid_out(bare, main_set | {"_background_noise_/pink_noise.wav": content})
    with pytest.raises(InputError, match=match):
        list(speech.training_clips(folder))


def test_a_clip_that_is_there_twice_is_refused(bare):
    clip = mfcc.Clip("go/0.wav", 1, files.tone(300))
    with pytest.raises(InputError, match=r"t: expected clips with different names, got go/0.wav twice"):
        features.compute("t", [clip, clip])


@pytest.mark.parametrize("change", ["a list", "a folder", "a new clip", "a clip less", "another time", "nothing"])
def test_the_key_of_cached_features_covers_all_that_decides(change, bare, main_set):
    folder = _laid_out(bare, main_set)
    for file in folder.rglob("*"):
        os.utime(file, ns=(0, 0))
    before = features._key([folder])
    if change == "a list":
        (folder / "testing_list.txt").write_bytes(b"go/1.wav\n")
    elif change == "a folder":  # another label
        (folder / "cat").rename(folder / "down")
    elif change == "a new clip":
        (folder / "cat" / "9.wav").write_bytes(b"")
    elif change == "a clip less":
        (folder / "cat" / "1.wav").unlink()
    elif change == "another time":
        os.utime(folder / "cat" / "1.wav", ns=(0, 1))
    assert (features._key([folder]) == before) == (change == "nothing")


def test_features_come_from_the_cache_until_a_file_changes(bare, test_set, monkeypatch):
    folder = bare / "data" / "gsc" / "speech_commands_test_set_v0.02"
    files.unpack(folder, test_set)
    computed = []
    compute = features.compute
    monkeypatch.setattr(features, "compute", lambda name, clips: computed.append(name) or compute(name, clips))
    clips = lambda: speech.test_clips(folder)  # noqa: E731
    first, again = (features.cached("t", [folder], clips) for _ in range(2))
    assert computed == ["t"]
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    (file,) = cache().rglob("t-*.npz")
    file.write_bytes(file.read_bytes()[:5000])  # not taken for whole, but made again
    assert np.array_equal(features.cached("t", [folder], clips)[0], first[0])
    (folder / "go" / "0.wav").write_bytes(files.tone(999, seconds=0.9))
    assert not np.array_equal(features.cached("t", [folder], clips)[0], first[0])
    assert computed == ["t"] * 3


class Fatal:
    """What kills the worker process that receives it, as the system does when memory runs out."""

    def __reduce__(self):
        return signal.raise_signal, (signal.SIGKILL,)


def test_a_killed_worker_is_one_line():
    with pytest.raises(WorkerError, match=r"^t: expected features from every worker, got .* was killed; free some"):
        features.compute("t", [mfcc.Clip("go/0.wav", 1, Fatal())])


def test_a_cache_that_cannot_be_written_costs_a_warning(bare, test_set, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(bare / "file"))
    (bare / "file").write_text("no folder")
    clips = list(speech.test_clips(_laid_out(bare, test_set)))[:3]
    with pytest.warns(DataWarning, match=r"t: features are not kept and will be computed again \(.*Not a directory"):
        assert len(features.cached("t", [], lambda: clips)[1]) == 3


def _laid_out(folder, contents):
    files.unpack(folder / "clips", contents)
    return folder / "clips"


def test_reading_is_bit_exact(rng):
    samples = rng.integers(-32768, 32768, 16_000).astype(np.int16)
    content = files.wav(samples)
    assert np.array_equal(mfcc.waveform("a.wav", content) * 32768, samples)
    assert np.array_equal(soundfile.read(io.BytesIO(content), dtype="int16")[0], samples)
