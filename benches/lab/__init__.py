"""What the benches share: processes on chosen processors, the proxies beside each other, and load on them."""
