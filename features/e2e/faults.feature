@suite_e2e
Feature: Nothing accepted is lost and nothing that ended runs again

  Scenario: Twenty kills and freezes over every role and PostgreSQL
    When twenty faults hit two control planes, two gateways, two nodes and PostgreSQL while 60 jobs run
    Then every promise was kept

  Scenario: Strangers who are slow, huge, many and malformed at both doors
    When strangers flood gateway and control plane for fifteen seconds beside one honest client
    Then every promise was kept

  @root_only
  Scenario: Jobs that fill the disk of the whole install
    When four jobs fill a disk of 420 MiB with everything on it, an ordinary one behind each
    Then every promise was kept
