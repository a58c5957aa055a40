@suite_e2e @root_only
Feature: The container engine that is named runs the sandboxes, and no other

  Background:
    Given the whole stack is running

  @REQ-WORKER-0105
  Scenario: Docker, by a variable of one command
    Given another install, and a Docker daemon named by DOCKER_HOST
    When I run cynode with "run --yes --commands 'cat /etc/os-release'" and CONTAINER_RUNTIME "docker"
    Then cynode exits with 0
    And standard output holds "Debian"
    And the daemon ran 1 sandbox
    And Podman of that install was never asked
    When I run cynode with "run --commands 'echo remembered'"
    Then cynode exits with 0
    And standard output holds "remembered"
    And the daemon ran 2 sandboxes
    When I run cynode with "run --commands 'echo no'" and CONTAINER_RUNTIME "podman"
    Then cynode exits with 125
    And standard error holds "the running stack was started without this CONTAINER_RUNTIME"
    And the daemon ran 2 sandboxes

  Scenario: A variable that the install decides is not dropped in silence
    Given another install, and a Docker daemon named by DOCKER_HOST
    When I run cynode with "doctor" and LISTEN_ADDR ":9"
    Then standard output holds "LISTEN_ADDR is ignored, because the install decides it"
