@suite_orchestrator
Feature: Accounts and what they may do

  Background:
    Given a running orchestrator on an empty database
    And a signed-in user

  @REQ-IDENTY-0114
  Scenario: The administrator creates a user who logs in
    When the administrator creates the user "bob"
    Then a login as "bob" succeeds
    And "bob" is answered 403 when listing users
    And creating the user "bob" again is answered 409
    And creating the user "system" is answered 400

  @REQ-IDENTY-0106 @REQ-IDENTY-0115
  Scenario: Disabling a user ends their token at once
    Given the administrator creates the user "bob"
    And "bob" is logged in
    When the administrator disables "bob"
    Then "bob" is answered 401 when asking who they are
    And a login as "bob" is refused
    When the administrator enables "bob"
    Then "bob" is answered 401 when asking who they are
    But a login as "bob" succeeds

  @REQ-IDENTY-0120
  Scenario: Resetting a password ends the sessions opened with the old one
    Given the administrator creates the user "bob"
    And "bob" is logged in
    When the administrator resets the password of "bob"
    Then "bob" is answered 401 when asking who they are
    And a login as "bob" succeeds

  @REQ-ACCESS-0107 @REQ-ACCESS-0112
  Scenario: A role counts from the next request on, and so does its end
    Given the administrator creates the user "bob"
    And "bob" is logged in
    When the administrator gives "bob" the system role "admin"
    Then "bob" is answered 200 when listing users
    And "bob" is answered 403 when giving themselves the system role "owner"
    When the administrator withdraws that role
    Then "bob" is answered 403 when listing users

  @REQ-IDENTY-0115
  Scenario: The last owner cannot be disabled
    When the administrator tries to disable themselves
    Then the answer is 409 of kind "conflict"
    And a request with the token that has not expired yet is answered 200

  @REQ-IDENTY-0105
  Scenario: A refresh token works once
    Given the administrator creates the user "bob"
    And "bob" is logged in
    When "bob" refreshes the session
    Then "bob" is answered 200 when asking who they are
    And the refresh token "bob" used before is answered 401

  @REQ-IDENTY-0117
  Scenario: Five wrong passwords lock a handle, known or not
    Given the administrator creates the user "bob"
    When somebody tries 5 wrong passwords for "bob" and for "nobody-there"
    Then a login as "bob" and one as "nobody-there" get the same answer 429 with Retry-After
