"""`wn-ref train` as a person meets it."""


def test_train_prints_every_epoch(run):
    done = run("train", "--epochs", "2", "--sigma", "0.5", "--point", "dense2", "--phase", "inference")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["epoch", "loss", "accuracy"]
    assert [line.split()[0] for line in lines[1:3]] == ["1", "2"]
    assert float(lines[2].split()[2].rstrip("%")) > 85
    assert lines[3].startswith("accuracy with additive noise of 0.5 at dense2: ")


def test_a_point_by_name_and_by_number_and_the_gradient_that_is_used(run):
    options = ("train", "--dataset", "digits", "--epochs", "1", "--noise", "multiplicative", "--sigma", "1.5")
    by_name, by_number = run(*options, "--point", "dense2"), run(*options, "--point", "4")
    assert by_name.stdout.splitlines()[0] == "multiplicative noise (exact gradient), sigma 1.5 at dense2"
    assert by_name.stdout.splitlines()[1:] == by_number.stdout.splitlines()[1:]
    straight = run(*options, "--point", "dense2", "--gradient", "straight_through")
    assert straight.stdout.splitlines()[0] == "multiplicative noise (straight-through gradient), sigma 1.5 at dense2"
    assert straight.stdout.splitlines()[1:] != by_name.stdout.splitlines()[1:]


def test_every_setting_of_training_has_an_effect(run):
    options = ("train", "--dataset", "digits", "--epochs", "1")
    usual = run(*options).stdout
    for setting in ("--batch-size 64", "--learning-rate 0.01", "--train-size 640", "--test-size 100", "--seed 1"):
        assert run(*options, *setting.split()).stdout != usual, setting
