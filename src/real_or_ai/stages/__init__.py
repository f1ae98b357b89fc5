"""The stages of dvc.yaml, each of which runs as a process of its own."""

from real_or_ai.conventions.exits import end_quietly_on_interrupt

end_quietly_on_interrupt()
