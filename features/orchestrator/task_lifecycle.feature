@suite_orchestrator
Feature: A task from creation to its result

  Background:
    Given a running orchestrator on an empty database
    And a node "alpha" that is ready
    And a signed-in user

  @REQ-ORCHES-0100 @REQ-ORCHES-0120 @REQ-ORCHES-0123
  Scenario Outline: The node's answer decides the task
    Given the node answers jobs with status "<status>" and exit code "<exit>"
    When the user creates a task with the commands "whatever"
    Then the task becomes "<task>"
    And its result holds the node's answer

    Examples:
      | status    | exit | task      |
      | completed | 0    | completed |
      | failed    | 3    | failed    |
      | timeout   |      | failed    |

  Scenario: A canceled task stays canceled, whatever the node says later
    Given the node holds its answers back
    When the user creates a task with the commands "true"
    And the node received the job
    And the user cancels the task
    And the node answers now
    Then the task is "canceled" for good
    And canceling it again succeeds

  @REQ-STANDS-0106
  Scenario: An unknown field is refused by name
    When the user sends a task with the unknown field "imput_mode"
    Then the answer is 400 of kind "validation"
    And the answer names the field "imput_mode"

  @REQ-USRGWY-0131
  Scenario: A stranger does not see the task
    When the user creates a task with the commands "true"
    And the task becomes "completed"
    Then a request without a token is answered 401
    And a request with a made-up token is answered 401

  @REQ-IDENTY-0106
  Scenario: Logging out ends the access token at once
    When the user logs out
    Then a request with the token that has not expired yet is answered 401
