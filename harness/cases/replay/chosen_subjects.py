"""The subjects that the user of a test suite chose; the pytest plugin writes them here.

Imports nothing, so that the plugin may import it early.
"""

#: Names, in the order given. Machines take the first.
subjects: tuple[str, ...] = ("reference",)
