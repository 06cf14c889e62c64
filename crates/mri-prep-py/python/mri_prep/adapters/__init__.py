"""Transforms of other libraries: ``torchio``, ``monai`` and ``nipype``, each of which needs its library."""
