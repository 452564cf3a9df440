package main

import (
	"fmt"
	"os"

	"github.com/google/uuid"
)

var version = "unknown"

func main() {
	id := uuid.NewSHA1(uuid.NameSpaceDNS, []byte("example.com"))
	fmt.Printf("%s %s as %d\n", version, id, os.Getuid())
}
