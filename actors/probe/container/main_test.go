package container_test

import (
	"os"
	"testing"

	"orchestrator-watchdog/actors/probe/container/containertest"
)

// The tests must leave the machine as it was.
func TestMain(m *testing.M) { os.Exit(containertest.Suite{M: m}.Run()) }
