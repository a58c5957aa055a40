@suite_e2e
Feature: Files of a task arrive as they were sent

  @REQ-ORCHES-0126 @REQ-CLIENT-0157
  Scenario: As many and as large files as a task may have
    Given the whole stack is running
    When I run "sha256sum upload/*" with 16 files of 10 MiB attached
    Then cynode exits with 0
    And the sums printed are those of the files
    And no process of the stack took more than 150 MiB more than before
    And no container, job directory or mount is left
