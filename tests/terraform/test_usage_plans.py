"""API keys, usage plans, usage plan keys and VPC links: from nothing to a change to nothing."""


def test_the_whole_life(terraform):
    pets = terraform("usage_plans", grown="false")
    pets.init()
    pets.apply()
    assert pets.plans_no_change()
    assert (pets.output("value_length"), pets.output("keys"), pets.output("link_status")) == (40, 2, "AVAILABLE")
    assert pets.imports_everything()
    pets.variables["grown"] = "true"
    pets.apply()
    assert pets.plans_no_change()
    pets.destroy()
