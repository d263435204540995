"""Styles on the Hugging Face Hub, by their address: `hf://user/repo`. Needs no Keras."""

import re
import shutil
from pathlib import Path

from tfstyle.facts import FACTS
from tfstyle.files import replacing
from tfstyle.styles.card import CARD

_PREFIX = "hf://"
# Nothing else is fetched or sent: a style has no code.
_PARTS = ("recipe.toml", "model.safetensors", "model.weights.h5", CARD, "preview.jpg", "golden.npz")
_FILES = ["painting.*", *(f"{generator}/{part}" for generator in FACTS for part in _PARTS)]


def is_address(style: object) -> bool:
    """Whether what names a style is an address on the Hub."""
    return isinstance(style, str) and style.startswith(_PREFIX)


def download(address: str) -> Path:
    """Fetches a style, or finds it in the cache.

    Files that are there are not fetched again. With the environment variable `HF_HUB_OFFLINE=1`,
    or without a network, the last version that was fetched is used.

    Args:
        address: `hf://user/repo`, or `hf://user/repo@revision` for a branch, tag or commit.

    Returns:
        Folder of the style, to be read as any other: its weights are compared with their hash.

    Raises:
        ValueError: if the address is none, if there is no such repository or it has no style, or
            if it is not in the cache and the Hub cannot be reached.
        ImportError: if huggingface_hub is not installed.
    """
    repository, revision = _parse(address)
    hub = _hub()
    try:
        snapshot = Path(hub.snapshot_download(repository, revision=revision, allow_patterns=_FILES))
    except Exception as error:  # its client has errors of many kinds, without a common base
        raise ValueError(f"{address} cannot be fetched: {_line(error)}") from error
    from tfstyle.styles.networks import cache_folder

    # A copy: the Hub's cache has links to files in another folder, which a style may not have.
    user, _, name = repository.partition("/")
    target = cache_folder() / "hub" / f"{user}--{name}@{snapshot.name[:16]}" / name
    if not target.is_dir():
        with replacing(target) as temporary:
            temporary.mkdir()
            for path in _files_of(snapshot):
                copy = temporary / path.relative_to(snapshot)
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, copy)
    return target


def upload(folder: Path, address: str, page: str, private: bool = False) -> str:
    """Sends a style to the Hub, in one commit, with a page that says what it is.

    Args:
        folder: Of the style.
        address: `hf://user/repo`; the repository is made if missing.
        page: Text of the page: see `page.page_of`.
        private: Whether a new repository is private.

    Returns:
        Address of the commit.

    Raises:
        ValueError: if the address is none, or the Hub refuses: `hf auth login` comes first.
        ImportError: if huggingface_hub is not installed.
    """
    repository, revision = _parse(address)
    hub = _hub()
    contents: dict[str, Path | bytes] = {
        str(path.relative_to(folder).as_posix()): path for path in _files_of(folder)
    }
    contents["README.md"] = page.encode()
    operations = [
        hub.CommitOperationAdd(path_in_repo=name, path_or_fileobj=content)
        for name, content in contents.items()
    ]
    try:
        api = hub.HfApi()
        api.create_repo(repository, private=private, exist_ok=True)
        commit = api.create_commit(
            repository, operations, commit_message="A style of tfstyle", revision=revision
        )
    except Exception as error:  # as above
        raise ValueError(f"{address} cannot be written: {_line(error)}") from error
    return str(commit.commit_url)


def _hub():
    try:
        import huggingface_hub
    except ImportError:
        raise ImportError("hf:// needs huggingface_hub: pip install 'tfstyle[hub]'") from None
    return huggingface_hub


def _parse(address):
    found = re.fullmatch(r"hf://([\w.-]+/[\w.-]+?)(?:@([\w.-]+(?:/[\w.-]+)*))?/?", address)
    if not found:
        raise ValueError(
            f"An address on the Hub is hf://user/repo, or hf://user/repo@revision. "
            f"Received: {address!r}"
        )
    return found.groups()


def _files_of(folder):
    return sorted({path for pattern in _FILES for path in folder.glob(pattern) if path.is_file()})


def _line(error):
    return " ".join(str(error).split())[:300] or type(error).__name__
