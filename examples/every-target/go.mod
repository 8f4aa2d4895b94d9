module example.org/every-target

go 1.21
