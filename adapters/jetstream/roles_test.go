package jetstream_test

const roleVariable = "SUPERHER_TEST_ROLE"

func play(string) {}
