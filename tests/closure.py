"""Which files of the package a stage reaches by import; DVC does not follow imports itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path("src")


def closure(module: str, src: Path) -> set[Path]:
    """Paths below `src` of `module` and of all that it imports, deep, packages included."""
    reached: set[Path] = set()
    waiting = [module]
    while waiting:
        for path in _files(waiting.pop(), src):
            if path not in reached:
                reached.add(path)
                waiting += _imported(src / path)
    return reached


def _files(name: str, src: Path) -> list[Path]:
    """The file of a module and the __init__.py of each package above it; none if not ours."""
    parts = name.split(".")
    packages = [Path(*parts[: depth + 1], "__init__.py") for depth in range(len(parts))]
    found = [path for path in packages if (src / path).is_file()]
    module = Path(*parts).with_suffix(".py")
    return found + ([module] if (src / module).is_file() else [])


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those below `if TYPE_CHECKING:`, which only a type checker reads."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _imported(path: Path) -> list[str]:
    names = []
    for node in _run(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from package import name`: the name may be a module of the package.
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names
