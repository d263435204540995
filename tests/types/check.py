"""Checks types as users and we see them: `tox -e lint`.

The package and its export are laid out as they are installed. Then pyright checks

- the package with its basic rules;
- a user's script, `user.py` here, and the README's examples, with its strict rules: whatever they
  call must be fully typed. mypy checks these two scripts with `--strict` too.

python tests/types/check.py
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Keras has no types. For a user's script pyright infers them from its source; in our own code that
# makes each result of an operation a union with None.
BASIC = {"include": ["src"], "typeCheckingMode": "basic", "useLibraryCodeForTypes": False}
STRICT = {"include": ["user"], "typeCheckingMode": "strict"}
COMMON = {
    "extraPaths": ["src"],
    "pythonVersion": "3.11",
    "reportMissingImports": False,  # extras: av, cv2, jax, openvino
    "reportMissingModuleSource": False,
    "reportUnsupportedDunderAll": False,  # the stub is the list of names
}


def main():
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        lay_out(place)
        failed = [run_pyright(place, options) for options in (BASIC, STRICT)]
        failed.append(run_mypy(place))
    sys.exit(any(failed))


def lay_out(place):
    """Copies the package to `src`, and a user's scripts to `user`."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tfstyle", place / "src" / "tfstyle", ignore=ignore)
    (place / "src" / "tfstyle" / "export").mkdir()
    for path in (ROOT / "export").glob("*.py"):
        shutil.copy(path, place / "src" / "tfstyle" / "export")
    (place / "user").mkdir()
    shutil.copy(Path(__file__).with_name("user.py"), place / "user")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    (place / "user" / "readme.py").write_text("\n".join(examples), encoding="utf-8")


def run_pyright(place, options):
    (place / "pyrightconfig.json").write_text(json.dumps(COMMON | options))
    print(f"pyright, {options['typeCheckingMode']}:", flush=True)
    command = ["pyright", "-p", str(place), "--pythonpath", sys.executable]
    return subprocess.run([sys.executable, "-m", *command], check=False).returncode


def run_mypy(place):
    print("mypy --strict:", flush=True)
    # Of the package itself only the types are read; Keras and TensorFlow have none.
    options = (
        "--strict",
        "--follow-imports=silent",
        "--ignore-missing-imports",
        "--no-incremental",
    )
    command = [sys.executable, "-m", "mypy", *options, "user"]
    environment = {"MYPYPATH": str(place / "src"), "PATH": ""}
    return subprocess.run(command, check=False, cwd=place, env=environment).returncode


if __name__ == "__main__":
    main()
