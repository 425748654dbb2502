"""What a file offers to others, as one hash: a body may change without it. Pure."""

import ast
from hashlib import sha256

from .offered import surface


def interface_hash(path: str, content: bytes) -> str:
    """Of a Python file its imports, signatures, classes and assigned names; of any other file, all of it.

    Of JavaScript, TypeScript, Go and Rust all but the bodies of functions.
    """
    if path.endswith(".py"):
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError, RecursionError):
            pass
        else:
            return sha256(ast.dump(_WithoutBodies().visit(tree)).encode("utf-8", "replace")).hexdigest()
    return surface(path, content) or sha256(content).hexdigest()


class _WithoutBodies(ast.NodeTransformer):
    """Leaves of each function what its callers see."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        node.body = [ast.Pass()]
        return node
