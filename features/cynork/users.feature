@suite_cynork
Feature: An administrator looks after users with cynork

  Background:
    Given the whole stack is running
    And I work as the administrator

  @REQ-IDENTY-0114
  Scenario: A user the administrator creates can log in
    Given a new user "ada" made with cynork
    Then "ada" can log in
    And "ada" may not run "users list"

  @REQ-IDENTY-0114
  Scenario: A user cannot be made twice
    Given a new user "twin" made with cynork
    When I try to make the user "twin" again
    Then cynork exits with 5

  @REQ-IDENTY-0114
  Scenario: A disabled user is out at once and back when enabled
    Given a new user "bob" made with cynork
    And "bob" can log in
    When I run cynork with "users disable bob -y"
    Then cynork exits with 0
    And "bob" may not run "auth whoami"
    And "bob" cannot log in
    When I run cynork with "users enable bob"
    Then "bob" can log in

  Scenario: Revoked sessions end at once, the password stays good
    Given a new user "cleo" made with cynork
    And "cleo" can log in
    When I run cynork with "users revoke-sessions cleo" and answer "y"
    Then cynork exits with 0
    And "cleo" may not run "auth whoami"
    And "cleo" can log in

  Scenario: A reset password replaces the old one
    Given a new user "dora" made with cynork
    When I reset the password of "dora"
    Then the old password of "dora" is refused
    And "dora" can log in

  @REQ-CLIENT-0128
  Scenario: A declined question changes nothing
    Given a new user "emil" made with cynork
    When I run cynork with "users disable emil" and answer "n"
    Then cynork exits with 0
    And the error output says "aborted"
    And "emil" can log in

  Scenario: Roles are granted, listed and withdrawn
    Given a new user "finn" made with cynork
    When I run cynork with "users grant finn --role operator"
    Then cynork exits with 0
    And the active roles of "finn" are "operator"
    When I run cynork with "users revoke finn --role operator -y"
    Then cynork exits with 0
    And the active roles of "finn" are ""
    When I run cynork with "users revoke finn --role operator -y"
    Then cynork exits with 4
