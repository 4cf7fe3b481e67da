// Package httpx reads requests and writes answers.
package httpx

import (
	"encoding/json"
	"errors"
	"net/http"
)

// A HandlerFunc is a handler that may fail.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// An Error is answered with its status.
type Error struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// BadRequest returns an error for a wrong request.
func BadRequest(message string) error {
	return &Error{Status: http.StatusBadRequest, Code: "bad_request", Message: message}
}

// NotFound returns an error for what is not there.
func NotFound(message string) error {
	return &Error{Status: http.StatusNotFound, Code: "not_found", Message: message}
}

// A Responder writes answers of one kind.
type Responder struct {
	// Encode writes a value; JSON if it is nil.
	Encode  func(w http.ResponseWriter, status int, v any) error
	OnError func(w http.ResponseWriter, r *http.Request, err error)
}

// JSON writes a value.
func JSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(v)
}

// Created writes a value that is new.
func Created[T any](w http.ResponseWriter, v T) error {
	return JSON(w, http.StatusCreated, Envelope[T]{Data: v})
}

// An Envelope is around what is asked for.
type Envelope[T any] struct {
	Data T `json:"data"`
}

// Read decodes a body.
func Read(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return BadRequest(err.Error())
	}
	return nil
}

// Handle makes a handler of one that may fail.
func Handle(h HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			var failure *Error
			if !errors.As(err, &failure) {
				failure = &Error{Status: http.StatusInternalServerError, Code: "internal", Message: "internal error"}
			}
			_ = JSON(w, failure.Status, failure)
		}
	}
}

// Adapt is Handle with an error handler of the app.
func (rs *Responder) Adapt(h HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			rs.OnError(w, r, err)
		}
	})
}
