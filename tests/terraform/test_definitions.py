"""Models, validators, authorizers, gateway responses, documentation and a client certificate: from nothing to a
change to nothing."""


def test_the_whole_life(terraform):
    pets = terraform("definitions", word="hello")
    pets.init()
    pets.apply()
    assert pets.plans_no_change()
    assert (pets.output("ttl"), pets.output("authorizers")) == (300, 3)
    assert pets.imports_everything()
    pets.variables["word"] = "goodbye"
    pets.apply()
    assert pets.plans_no_change()
    pets.destroy()
