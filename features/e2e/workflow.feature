@suite_e2e
Feature: A task in plain words is planned, run, verified and finished

  @workflow
  Scenario: Words of attached files are counted in a sandbox and written to a file, without a model
    Given the whole stack is running
    And inference is "auto"
    And prompts are left to their workflow
    When I attach the texts "one two three" and "four five" to the prompt "Count the words in each attached file and write a table to report.md"
    Then cynode exits with 0
    And standard output holds "| 1.txt | 3 |"
    And standard output holds "| 2.txt | 2 |"
    And the newest task is "completed"
    And the file "left/report.md" has the line "| 2.txt | 2 |"
    And no sandbox container is left

  @workflow
  Scenario: What cannot be done ends with the reason, and raw work never meets a model
    Given the whole stack is running
    And inference is "auto"
    And prompts are left to their workflow
    When I run cynode with "run 'Tell me a joke'"
    Then cynode exits with 1
    And the newest task is "failed"
    When I run cynode with "run --command 'echo raw'"
    Then cynode exits with 0
    And standard output holds "raw"
