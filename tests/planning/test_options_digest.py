"""Options in a recipe: a choice made moves the digest, a choice not there before leaves old recipes as they are."""

from hashlib import sha256

from trivet.core.options import ForecastMode, Objective, PlanOptions, every_choice, said_choices
from trivet.planning.make import choices_of, find_options, options_digest


def test_recipes_written_before_large_programmes_were_cut_are_still_found() -> None:
    before = [
        ("allow_overtime", True),
        ("allow_subcontract", False),
        ("late_buckets", 2),
        ("mode", ForecastMode.FAST),
        ("seed", 7),
    ]
    digest = sha256(repr(before).encode()).hexdigest()
    assert options_digest(PlanOptions(allow_subcontract=False)) == digest


def test_a_smaller_largest_programme_is_another_recipe() -> None:
    smaller = options_digest(PlanOptions(largest_programme=1000))
    assert smaller != options_digest(PlanOptions())
    assert find_options(smaller) is None


def test_recipes_written_before_service_could_be_first_are_still_found() -> None:
    assert find_options(options_digest(PlanOptions())) == PlanOptions()
    service = PlanOptions(objective=Objective.SERVICE)
    assert options_digest(service) != options_digest(PlanOptions())
    assert find_options(options_digest(service)) == service


def test_every_choice_of_the_command_line_is_found_by_its_digest_and_said() -> None:
    digests = {options_digest(options) for options in every_choice()}
    assert len(digests) == 2**10
    for options in (
        PlanOptions(allow_overload=True, allow_unmet=False),
        PlanOptions(use_targets=False, use_cycles=False, use_smoothing=False, strict_limits=True),
        PlanOptions(mode=ForecastMode.FULL, allow_overtime=False),
    ):
        assert find_options(options_digest(options)) == options
        assert choices_of(options_digest(options)) == said_choices(options)
    assert choices_of(options_digest(PlanOptions())) == ()
    assert choices_of(options_digest(PlanOptions(allow_unmet=False))) == ("all demand served whatever it costs",)
    assert choices_of(options_digest(PlanOptions(seed=8))) == ("options of its own",)
