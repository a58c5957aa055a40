@suite_e2e
Feature: Nothing accepted is lost and nothing that ended runs again

  Scenario: Twenty-five kills and freezes, one or two at once, over every role and PostgreSQL
    When twenty-five faults hit every role and PostgreSQL while 60 jobs and 15 tasks in plain words run
    Then every promise was kept

  Scenario: Strangers who are slow, huge, many and malformed at both doors
    When strangers flood gateway and control plane for fifteen seconds beside one honest client
    Then every promise was kept

  @root_only
  Scenario: Jobs that fill the disk of the whole install
    When four jobs fill the small disk with everything on it, an ordinary one behind each
    Then every promise was kept

  Scenario: A job outlives the gateway and the process of its node
    Given the whole stack is running
    When the gateway dies behind the third of eight lines of a job, and the node behind the fifth
    Then run, a second terminal and a plain reader of events have all eight lines of one run, once each
