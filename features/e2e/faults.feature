@suite_e2e
Feature: Nothing accepted is lost and nothing that ended runs again

  Scenario: Twenty kills and freezes over every role and PostgreSQL
    When twenty faults hit two control planes, two gateways, two nodes and PostgreSQL while 60 jobs run
    Then every promise was kept
