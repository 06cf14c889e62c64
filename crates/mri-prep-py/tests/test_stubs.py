"""The type stubs and the docstrings say what is there."""

import ast
import inspect
from pathlib import Path

import mri_prep

STUB = ast.parse((Path(mri_prep.__file__).parent / "_native.pyi").read_text())
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}


def parameters(node):
    """Names and defaults, without types."""
    arguments = node.args
    named = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(named) - len(arguments.defaults)) + arguments.defaults
    pairs = list(zip(named, defaults)) + list(zip(arguments.kwonlyargs, arguments.kw_defaults))
    return {name.arg: ast.literal_eval(default) if default is not None else inspect.Parameter.empty for name, default in pairs}


def test_every_public_name_has_a_stub_and_a_docstring():
    for name in mri_prep.__all__:
        assert name in FUNCTIONS or name in CLASSES, name
        assert inspect.getdoc(getattr(mri_prep, name)), name


def test_the_functions_take_what_the_stubs_say():
    for name in set(mri_prep.__all__) & set(FUNCTIONS):
        actual = inspect.signature(getattr(mri_prep, name)).parameters
        assert {key: value.default for key, value in actual.items()} == parameters(FUNCTIONS[name]), name


def test_the_classes_have_what_the_stubs_say():
    for name in set(mri_prep.__all__) & set(CLASSES):
        kind = getattr(mri_prep, name)
        if issubclass(kind, BaseException):
            continue
        stub = {node.name for node in CLASSES[name].body if isinstance(node, ast.FunctionDef)} - {"__new__"}
        actual = {key for key in vars(kind) if key in stub or not key.startswith("_")}
        assert actual == stub, name
        for member in actual:
            if not member.startswith("_"):
                assert inspect.getdoc(getattr(kind, member)), f"{name}.{member}"
