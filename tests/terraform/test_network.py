"""A VPC, its subnets and security group, a network load balancer and a VPC link: from nothing to a change to nothing."""


def test_the_whole_life(terraform):
    pets = terraform("network", grown="false")
    pets.init()
    pets.apply()
    assert pets.plans_no_change()
    assert (pets.output("link_status"), pets.output("hostnames")) == ("AVAILABLE", False)
    assert pets.imports_everything()
    pets.variables["grown"] = "true"
    pets.apply()
    assert pets.plans_no_change()
    assert pets.output("hostnames") is True
    pets.destroy()
