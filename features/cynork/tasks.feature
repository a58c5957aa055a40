@suite_cynork
Feature: A person waits for work with cynork

  Background:
    Given the whole stack is running
    And I work as the administrator

  @REQ-CLIENT-0151
  Scenario: Waiting for a result
    Given a task of the command "sleep 1; echo waited"
    When I wait for its result with "task result <task> --wait -o json"
    Then cynork exits with 0
    And the JSON value has "status" "completed" and "stdout" "waited\n"

  @REQ-CLIENT-0100
  Scenario: Watching ends with the task
    Given a task of the command "sleep 1; echo watched; exit 3"
    When I wait for its result with "task watch <task> -o jsonl"
    Then cynork exits with 0
    And every line is one event, the last a "task.status" of "failed"

  Scenario: Watching is ended by Ctrl+C without harm
    Given a task of the command "sleep 30"
    When I watch it and press Ctrl+C once it runs
    Then cynork exits with 0
    And the task still runs

  @REQ-CLIENT-0143
  Scenario: Output arrives while the task runs
    Given a task of the command "for i in 1 2 3; do echo line $i; sleep 1; done"
    When I wait for its result with "task logs <task> --follow"
    Then cynork exits with 0
    And standard output holds "line 1\nline 2\nline 3\n" and nothing else

  @REQ-WORKER-0144
  Scenario: A time limit ends a task
    When I run cynork with "task create --command 'sleep 60' --timeout 2s --result -o json"
    Then cynork exits with 0
    And the JSON value has "status" "failed" and "jobs.0.result.status" "timeout"

  Scenario: A task is run again with other variables
    Given a task named "greet" of the command "echo hello $WHO"
    When I run cynork with "task rerun greet --env WHO=again --result -o json"
    Then cynork exits with 0
    And the JSON value has "status" "completed" and "stdout" "hello again\n"
    And the JSON value has "status" "completed" and "task_name" "greet-2"

  Scenario: A task that has ended is deleted
    Given a task named "done-with" of the command "true"
    When I run cynork with "task result done-with --wait"
    And I run cynork with "task delete done-with --yes"
    Then cynork exits with 0
    When I run cynork with "task get done-with"
    Then cynork exits with 4

  Scenario: Bash completes the names of tasks
    Given a task named "complete-me" of the command "true"
    When bash with the completion script completes "cynork task result complete"
    Then it offers "complete-me"
    When bash with the completion script completes "cynork task lo"
    Then it offers "logs"
