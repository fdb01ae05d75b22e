package demo

// People and Robots open the lists of agents to the tests.
func People() []string { agents, _ := people(); return agents }

// Robots is described at People.
func Robots() []string { return robots() }
