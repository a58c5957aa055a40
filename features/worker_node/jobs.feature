@suite_worker_node
Feature: A node runs jobs in sealed sandboxes

  Background:
    Given a running node with a real container engine

  @REQ-WORKER-0143 @REQ-WORKER-0250
  Scenario: A job runs with its files and leaves nothing behind
    When the node runs "cat upload/in.txt && pwd && echo done > /job/artifacts/x" with the file "upload/in.txt" holding "hello"
    Then the job is "completed" with exit code 0
    And its output is "hello/workspace"
    And no container, process, mount or directory of the job is left

  @REQ-WORKER-0144
  Scenario: A job that ignores its end is stopped at its limit with everything it started
    When the node runs "trap '' TERM; (trap '' TERM; sleep 321) & sleep 321" with a limit of 1 second
    Then the job is "timeout" without an exit code
    And no container, process, mount or directory of the job is left

  @REQ-SANDBX-0101 @REQ-WORKER-0105
  Scenario: Only loopback, no capabilities, no new privileges
    When the node runs "ls /sys/class/net; grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/self/status"
    Then the job is "completed" with exit code 0
    And the only network interface it saw is "lo"
    And it had no capabilities and could gain no privileges

  @REQ-SANDBX-0100 @REQ-WORKER-0102
  Scenario: Nothing of the host or of the node's secrets is inside
    When the node runs "cat /proc/self/environ | tr '\0' '\n'; cat /etc/hosts /etc/resolv.conf; hostname"
    Then the job is "completed" with exit code 0
    And its output holds no host name, no address of a name server and no secret of the node

  @REQ-WORKER-0100
  Scenario: Without the token from the configuration nothing runs
    When the node is asked to run a job without a token
    Then the node answers 401 of kind "authentication"

  @REQ-WORKER-0145 @REQ-STANDS-0103
  Scenario: A body over the limit is refused while it arrives
    When the node is sent a chunked body of 11 MiB
    Then the node answers 413 of kind "payload_too_large"

  @REQ-WORKER-0147 @REQ-WORKER-0148
  Scenario: Long output is cut on a whole character and the job goes on
    When the node runs "i=0; while [ $i -lt 40000 ]; do printf '%s' 'äöü€ß…'; i=$((i+1)); done; echo end >&2"
    Then the job is "completed" with exit code 0
    And its standard output is cut at 262144 bytes on a whole character
    And its standard error is "end" and not cut
