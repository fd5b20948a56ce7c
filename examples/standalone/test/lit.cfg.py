"""The tests of the shop dialect."""

import os

import lit.formats

config.name = "shop"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.environment["PATH"] = os.pathsep.join(
    config.tools + [config.environment.get("PATH", "")]
)
config.substitutions.append(("%{python}", config.python_executable))
