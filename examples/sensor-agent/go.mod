module example.org/sensor-agent

go 1.21
