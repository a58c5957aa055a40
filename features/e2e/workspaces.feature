@suite_e2e
Feature: Workspaces that outlive their tasks

  Background:
    Given the whole stack is running
    And I work as the administrator

  Scenario: Two tasks in turn see each other's files, two at once take turns, and nobody else sees any
    When I run cynode with "run --workspace build --commands 'echo first > log; ls -A'"
    Then cynode exits with 0
    When I run cynode with "run --workspace build --commands 'echo second >> log; cat log'"
    Then standard output holds "first\nsecond\n" and nothing else
    Given a task "holder" in the workspace "build" of the command "until test -e go; do sleep 0.1; done"
    And a task "waiter" in the workspace "build" of the command "echo third >> log; cat log"
    Then the task "waiter" waits, for "task holder holds the workspace build"
    When I run cynork with "workspaces delete build -y"
    Then cynork exits with 5
    And standard error holds "task holder uses the workspace build"
    Given a new user "kim" made with cynork
    Then "kim" can log in
    And "kim" sees no workspace
    When the job in the workspace "build" finds the file "go"
    And I wait for its result with "task result -w waiter"
    Then standard output holds "first"
    And standard output holds "third"
    When I run cynork with "workspaces list"
    Then standard output holds "build"
    When I run cynork with "workspaces delete build -y"
    Then cynork exits with 0
    And no kept workspace is on the node
    When I run cynode with "run --workspace build --commands 'ls -A; test ! -e log'"
    Then cynode exits with 0
    When I run cynork with "workspaces delete build -y"
    Then no kept workspace is on the node

  Scenario: A killed node goes on with a job in its workspace, which is deleted while the node is away
    Given a task "outliving" in the workspace "kept" of the command "until test -e go; do sleep 0.1; done; echo over > log"
    When the job in the workspace "kept" has begun
    And the process of the node is killed
    And the job in the workspace "kept" finds the file "go"
    And I wait for its result with "task result -w outliving"
    And I run cynode with "run --workspace kept --commands 'cat log'"
    Then standard output holds "over\n" and nothing else
    When I run cynork with "workspaces delete kept -y"
    Then no kept workspace is on the node
