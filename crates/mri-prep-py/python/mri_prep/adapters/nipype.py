"""Interfaces for nipype (https://nipype.readthedocs.io): the program ``mri-prep``, which comes with this package."""

from nipype.interfaces.base import CommandLine, CommandLineInputSpec, File, TraitedSpec, traits


class SkullStripInputSpec(CommandLineInputSpec):
    in_file = File(exists=True, mandatory=True, argstr="%s", position=0, desc="scan of a head")
    skull = traits.Enum("guess", "remove", "keep", argstr="--skull %s", desc="whether the scan has a skull")
    rim = traits.Float(argstr="--rim %g", desc="distance (mm) by which the brain's surface is moved outwards")
    mask_file = File(argstr="--mask %s", name_source="in_file", name_template="%s_mask.nii.gz", desc="the brain's mask")
    brain_file = File(argstr="--brain %s", name_source="in_file", name_template="%s_brain.nii.gz", desc="the brain")


class SkullStripOutputSpec(TraitedSpec):
    mask_file = File(exists=True, desc="the brain's mask")
    brain_file = File(exists=True, desc="the scan with everything else set to 0")


class SkullStrip(CommandLine):
    """Finds the brain: ``mri-prep strip``."""

    _cmd = "mri-prep strip"
    input_spec = SkullStripInputSpec
    output_spec = SkullStripOutputSpec


class RigidToTemplateInputSpec(CommandLineInputSpec):
    template = File(exists=True, mandatory=True, argstr="%s", position=0, desc="volume that stays where it is")
    in_file = File(exists=True, mandatory=True, argstr="%s", position=1, desc="volume that is brought onto it")
    template_mask = File(exists=True, argstr="--fixed-mask %s", desc="compare only inside")
    in_mask = File(exists=True, argstr="--moving-mask %s", desc="compare only inside")
    out_matrix = File(argstr="--matrix %s", name_source="in_file", name_template="%s_to_template.txt", desc="4x4, world to world")
    out_file = File(argstr="--resampled %s", name_source="in_file", name_template="%s_on_template.nii.gz", desc="on the template's grid")


class RigidToTemplateOutputSpec(TraitedSpec):
    out_matrix = File(exists=True, desc="template world to world of the volume, 4x4")
    out_file = File(exists=True, desc="the volume on the template's grid")


class RigidToTemplate(CommandLine):
    """Registers a volume to a template: ``mri-prep register``."""

    _cmd = "mri-prep register"
    input_spec = RigidToTemplateInputSpec
    output_spec = RigidToTemplateOutputSpec
