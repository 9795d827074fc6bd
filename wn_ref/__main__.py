"""``python -m wn_ref`` is the command line `wn-ref`."""

from wn_ref.cli import main

if __name__ == "__main__":
    main()
