"""Damages bytes in the ways that transfers, disks, editors and enemies do."""

import random


def mutated(content, seed):
    """Gives bytes that differ from `content`, decided by the seed."""
    rng = random.Random(seed)
    kinds = [_flip, _cut, _zero, _repeat, _insert, _shuffle, _number]
    if b"\0" not in content:  # text
        kinds += [_value] * len(kinds)
    kind = rng.choice(kinds)
    for _ in range(100):
        changed = kind(bytearray(content), rng)
        if changed != content:
            return bytes(changed)
    return b""


def _flip(content, rng):
    for _ in range(rng.choice((1, 1, 2, 16, 256))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return content


def _cut(content, rng):
    return content[: rng.randrange(len(content))]


def _zero(content, rng):
    start = rng.randrange(len(content))
    end = min(len(content), start + rng.choice((1, 16, 4096)))
    content[start:end] = bytes(end - start)
    return content


def _repeat(content, rng):
    start = rng.randrange(len(content))
    return content[:start] + content[start:][: rng.choice((1, 64, 4096))] + content[start:]


def _insert(content, rng):
    start = rng.randrange(len(content))
    return content[:start] + rng.randbytes(rng.choice((1, 8, 512))) + content[start:]


def _shuffle(content, rng):
    size = max(1, len(content) // 8)
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    rng.shuffle(parts)
    return bytearray().join(parts)


def _number(content, rng):
    """Makes a number in text, or four bytes, a large one."""
    digits = [place for place, byte in enumerate(content) if 48 <= byte <= 57]
    start = rng.choice(digits) if digits else rng.randrange(len(content))
    large = rng.choice((b"99999999999", b"-1", b"1e400", b"\xff\xff\xff\x7f"))
    return content[:start] + large + content[start + 1 :]


def _value(content, rng):
    """Gives one key of TOML or JSON another value."""
    lines = content.split(b"\n")
    mark = b" = " if b" = " in content else b": "
    number = rng.choice([n for n, line in enumerate(lines) if mark in line] or [0])
    key, found, old = lines[number].partition(mark)
    values = (b"0", b"-1", b"1e308", b"7", b'""', b'"x"', b"[]", b"[1, 2]", b"[[[]]]", b"true")
    lines[number] = key + found + rng.choice(values) + b"," * old.rstrip().endswith(b",")
    return b"\n".join(lines)
