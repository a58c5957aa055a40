@suite_e2e
Feature: One command from nothing to a result

  Background:
    Given the whole stack is running

  @REQ-ORCHES-0127
  Scenario: Commands run in a real container through the whole chain
    When I run cynode with "run --commands 'cat /etc/os-release' nproc"
    Then cynode exits with 0
    And standard output holds "Debian"

  Scenario Outline: The exit code is the job's
    When I run cynode with "run --commands 'exit <code>'"
    Then cynode exits with <code>

    Examples:
      | code |
      | 0    |
      | 1    |
      | 42   |

  Scenario: The exit code is the job's although its output cannot be written
    When I run cynode with "run --commands 'echo lost; exit 42'" into "/dev/full"
    Then cynode exits with 42
    When I run cynode with "run --commands 'echo lost'" into "/dev/full"
    Then cynode exits with 125

  Scenario: A script file with an attachment
    Given a file "data.txt" holding "forty-two"
    And a script "job.sh" holding "#!/bin/bash\nread -r line < upload/data.txt; echo \"got $line\""
    When I run cynode with "run --script job.sh --attach data.txt"
    Then cynode exits with 0
    And standard output holds "got forty-two"

  Scenario: A program of C and one of Python are made and tested inside
    Given a file "Makefile" holding "test: sum\n\t./sum\n\tpython3 -m unittest -q check.py\nsum: sum.c"
    And a file "sum.c" holding "#include <stdio.h>\nint main(void) { return printf(\"sum %d\", 40 + 2) < 0; }"
    And a file "check.py" holding "import json, unittest\nclass Check(unittest.TestCase):\n    def test(self): self.assertEqual(json.loads(\"2\"), 2)"
    And a script "make.sh" holding "cd upload && make test && git init -q . && git add . && git ls-files"
    When I run cynode with "run --script make.sh --attach Makefile --attach sum.c --attach check.py"
    Then cynode exits with 0
    And standard output holds "sum 42"
    And standard output holds "check.py"

  Scenario: A folder goes in, and a failing test comes out with its code and last lines
    Given a file "Makefile" holding "test: sum\n\t./sum\n\tpython3 -m unittest -q check.py\nsum: sum.c"
    And a file "sum.c" holding "#include <stdio.h>\nint main(void) { return printf(\"sum %d\", 40 + 2) < 0; }"
    And a file "check.py" holding "import unittest\nclass Check(unittest.TestCase):\n    def test(self): self.assertEqual(2 + 2, 4)"
    When I run cynode with "run --dir . -- make test"
    Then cynode exits with 0
    And standard output holds "sum 42"
    Given a file "check.py" holding "import unittest\nclass Check(unittest.TestCase):\n    def test(self): self.assertEqual(2 + 2, 5)"
    When I run cynode with "run --dir . --commands 'make test'"
    Then cynode exits with 2
    And standard error holds "AssertionError: 4 != 5"
    And standard error holds "Error 1"
    Given I am logged in with cynork
    When I run cynork with "task create --dir . --result -- sh -c 'ls; pwd'"
    Then cynork exits with 0
    And standard output holds "/workspace"
    And standard output holds "sum.c"

  Scenario: What a job leaves comes out
    When I run cynode with "run --commands 'mkdir /job/artifacts/a; echo left > /job/artifacts/a/b; ln -s /etc/passwd /job/artifacts/link' --out results"
    Then cynode exits with 0
    And standard error holds "1 file saved in results"
    And standard error holds "it is a link, not a file"
    And the file "results/a/b" holds "left"

  Scenario: Output that is no text comes out byte for byte
    Given a file "noise" of 100000 random bytes
    When I run cynode with "run --attach noise -- cat upload/noise" into "same"
    Then cynode exits with 0
    And the files "noise" and "same" are the same

  Scenario: Interrupting cancels the task and leaves no container
    When I start cynode with "run --commands 'echo so far; touch up; sleep 300'" and interrupt it once the job has made the file "up"
    Then cynode exits with 130
    And standard output holds "so far"
    And the newest task is "canceled"
    And no sandbox container is left

  Scenario: A second run starts nothing
    When I run cynode with "run --commands true"
    Then cynode exits with 0
    And the processes of the stack are the same as before

  Scenario: Finished tasks are removed by their age
    When I run cynode with "prune --older-than 365d"
    Then cynode exits with 0
    And standard output holds "removed 0 tasks"

  Scenario: One hundred mixed jobs at once end in their right states
    When I submit 100 jobs at once: success, failure, timeout, much output, stubborn sleepers
    Then every job ends in the state its kind demands
    And no container, job directory or mount is left
