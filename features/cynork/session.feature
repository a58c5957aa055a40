@suite_cynork
Feature: A person works with cynork

  Background:
    Given the whole stack is running

  @REQ-CLIENT-0149 @REQ-CLIENT-0102
  Scenario: Logging in keeps a session that later commands use
    When I log in with cynork as the administrator
    Then cynork exits with 0
    And "auth whoami" shows the user "admin"
    And the session file is private and nothing printed holds the password

  @REQ-CLIENT-0104 @REQ-CLIENT-0145
  Scenario: Without a session nothing is asked of the gateway
    Given I am logged out of cynork
    When I run cynork with "auth whoami"
    Then cynork exits with 3
    And the error says how to log in

  @REQ-CLIENT-0151 @REQ-CLIENT-0143 @REQ-CLIENT-0100 @REQ-USRGWY-0001
  Scenario: Commands run in order and the result is one JSON value
    Given I am logged in with cynork
    When I run cynork with "task create --command 'echo one' --command 'echo two' --result -o json"
    Then cynork exits with 0
    And the JSON value has "status" "completed" and "stdout" "one\ntwo\n"

  @REQ-CLIENT-0157
  Scenario: Attached bytes arrive unchanged
    Given I am logged in with cynork
    And a file "blob.bin" of 100000 random bytes
    When I attach it to a task that runs "sha256sum upload/blob.bin"
    Then the sum in the result is the file's

  @REQ-CLIENT-0128
  Scenario: A declined confirmation changes nothing
    Given I am logged in with cynork
    When I run cynork with "task cancel some-task" and answer "n"
    Then cynork exits with 0
    And the error output says "aborted"
