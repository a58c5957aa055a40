@suite_e2e
Feature: Installs with state folders of any name, and several at once

  Background:
    Given the whole stack is running

  Scenario Outline: The first command of the README in <home>
    Given another install in <home>
    When I run the first command of the README there
    Then it prints what a sandbox is and how many processors it has
    And deleting that install leaves nothing

    Examples:
      | home                              |
      | a folder with blanks              |
      | a folder with a colon             |
      | a folder with letters beyond ASCII |
      | a folder with a path of 100 characters |
      | a folder with what a shell, a flag or a list would take apart |
      | a folder of an unprivileged user without HOME |

  Scenario: First starts at once
    Given other installs that have never been started
    When I run the first command of the README in all of them at once
    Then each prints what a sandbox is and how many processors it has
    And each has ports of its own, and no gateway was ever called by somebody it does not know

  Scenario: A start whose output cannot be written leaves nothing behind
    Given another install in a folder with blanks
    When I start its stack in the foreground into "/dev/full"
    Then it exits with 125 and nothing of it runs

  Scenario: A closed terminal cancels the task and leaves no container
    When I run cynode with "run --commands 'touch up; sleep 300'" on a terminal and close it once the job has made the file "up"
    Then the newest task gets "canceled"
    And no container, job directory or mount is left

  Scenario: A backup that is made while tasks come in
    Given the whole stack is running
    When I back the install up while tasks are accepted, and restore it to an empty folder
    Then every task that was accepted before is there, and none that had begun begins again
    And another passphrase, a damaged file and a folder with an install are refused
