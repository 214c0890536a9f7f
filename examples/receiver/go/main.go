// Receives notifications and verifies them, with Go's standard library alone.
//
//	WEBHOOK_SECRET=step-on-shared-secret go run examples/receiver/go/main.go 3002
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance = 300       // seconds
	limit     = 1_000_000 // bytes
)

// keyOf decodes `whsec_…` as base64; any other secret is used as its UTF-8 bytes.
func keyOf(secret string) ([]byte, error) {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		return base64.StdEncoding.DecodeString(encoded)
	}
	return []byte(secret), nil
}

// verify returns the id of a genuine notification, and an error for any other.
func verify(header http.Header, body []byte, secrets []string) (string, error) {
	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	at, err := strconv.ParseInt(sent, 10, 64)
	if away := time.Now().Unix() - at; err != nil || away > tolerance || away < -tolerance {
		return "", errors.New("no timestamp, or one that is too far from now")
	}
	for _, secret := range secrets {
		key, err := keyOf(secret)
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + sent + "."))
		mac.Write(body)
		expected := mac.Sum(nil)
		for _, part := range strings.Split(header.Get("webhook-signature"), " ") {
			encoded, isV1 := strings.CutPrefix(part, "v1,")
			given, err := base64.StdEncoding.DecodeString(encoded)
			if isV1 && err == nil && hmac.Equal(expected, given) {
				return id, nil
			}
		}
	}
	return "", errors.New("no signature matches")
}

var seen sync.Map // in real life a unique column of your database

func receive(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, limit))
	if err != nil {
		http.Error(response, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	id, err := verify(request.Header, body, strings.Split(os.Getenv("WEBHOOK_SECRET"), " "))
	if err != nil {
		fmt.Println("refused:", err)
		http.Error(response, "not genuine", http.StatusUnauthorized)
		return
	}
	var event struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(response, "not JSON", http.StatusBadRequest)
		return
	}
	if _, again := seen.LoadOrStore(id, true); again {
		fmt.Println(id+":", "again")
	} else {
		fmt.Println(id+":", event.Type)
	}
	response.WriteHeader(http.StatusNoContent)
}

func main() {
	fmt.Println(http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(receive)))
	os.Exit(1)
}
