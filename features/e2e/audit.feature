@suite_e2e
Feature: Sealed audit logs

  Background:
    Given the whole stack is running

  Scenario: An export is checked without the install, and a row that was changed in it is named
    When I run cynode with "audit export audit.jsonl"
    Then cynode exits with 0
    And standard output holds "all as they were sealed"
    When somebody without the install changes the row 1 in "audit.jsonl"
    And I run cynode with "audit verify audit.jsonl"
    Then cynode exits with 1
    And standard output holds "row 1 is not as it was sealed"
