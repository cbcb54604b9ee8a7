module github.com/cumulet/cumulet

go 1.26
