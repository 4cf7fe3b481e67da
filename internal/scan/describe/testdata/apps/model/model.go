// Package model has the types that the apps share.
package model

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Status says how far an order is.
type Status string

// The statuses.
const (
	StatusOpen Status = "open"
	StatusPaid Status = "paid"
)

// Priority is how urgent something is.
type Priority int

// The priorities.
const (
	Low Priority = iota
	High
)

// Base is what everything has.
type Base struct {
	ID        uuid.UUID  `json:"id"`
	CreatedAt time.Time  `json:"created_at"`
	DeletedAt *time.Time `json:"deleted_at,omitempty"`
}

// Item is a thing that is sold.
type Item struct {
	Base
	// Name is what customers see.
	Name     string            `json:"name" binding:"required,min=2,max=40"`
	Price    decimal.Decimal   `json:"price"`
	Status   Status            `json:"status,omitempty"`
	Priority Priority          `json:"priority"`
	Tags     []string          `json:"tags"` // Tags are for searching.
	Extra    json.RawMessage   `json:"extra,omitempty"`
	Note     sql.NullString    `json:"note"`
	Labels   map[string]string `json:"labels,omitempty"`
	Parent   *Item             `json:"parent,omitempty"`
	secret   string
}

// Secret returns what is not shown.
func (i Item) Secret() string { return i.secret }

// CreateItem is what a new item needs.
type CreateItem struct {
	Name  string   `json:"name" binding:"required,min=2,max=40" example:"Mug"`
	Count int      `json:"count" binding:"gte=1,lte=100" default:"1"`
	Mail  string   `json:"mail" binding:"omitempty,email"`
	Kind  string   `json:"kind" binding:"required,oneof=small large"`
	Tags  []string `json:"tags" binding:"max=3,dive,min=2"`
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	Next  int `json:"next"`
}

// Envelope is around every answer.
type Envelope struct {
	Code int         `json:"code"`
	Data interface{} `json:"data"`
}

// Error says what is wrong.
type Error struct {
	Message string `json:"message"`
}
