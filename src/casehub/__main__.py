"""So that ``python -m casehub`` is the same as ``casehub``."""

from casehub.cli import app

if __name__ == "__main__":
    app(prog_name="casehub")
