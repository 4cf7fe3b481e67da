// Package bindings has structs with rules, to compare what gin refuses with what their schemas
// refuse.
package bindings

import "time"

// Strings has rules of texts.
type Strings struct {
	A string  `json:"a" binding:"required"`
	B string  `json:"b" binding:"min=2,max=4"`
	C string  `json:"c" binding:"omitempty,len=3"`
	D string  `json:"d" binding:"oneof=red 'dark blue' green"`
	E *string `json:"e" binding:"required"`
	F *string `json:"f" binding:"omitempty,gt=1,lt=4"`
	G string  `json:"g" binding:"omitempty,alphanum"`
	H string  `json:"h" binding:"omitempty,eq=red|eq=blue"`
	I string  `json:"i" binding:"omitempty,ne=red"`
	J string  `json:"j" binding:"omitempty,startswith=r,endswith=d"`
}

// Numbers has rules of numbers.
type Numbers struct {
	A int      `json:"a" binding:"required"`
	B int      `json:"b" binding:"min=1,max=10"`
	C float64  `json:"c" binding:"gt=0.5,lt=2"`
	D *int     `json:"d" binding:"omitempty,gte=3"`
	E int      `json:"e" binding:"oneof=0 5 7"`
	F uint8    `json:"f" binding:"lte=200"`
	G int64    `json:"g" binding:"ne=3"`
	H *float32 `json:"h" binding:"required,max=2"`
	I bool     `json:"i" binding:"required"`
	J int      `json:"j" binding:"eq=4"`
}

// Formats has rules that are formats.
type Formats struct {
	A string     `json:"a" binding:"omitempty,email"`
	B string     `json:"b" binding:"omitempty,uuid"`
	C string     `json:"c" binding:"omitempty,ipv4"`
	D string     `json:"d" binding:"omitempty,datetime=2006-01-02"`
	E time.Time  `json:"e"`
	F *time.Time `json:"f" binding:"required"`
	G string     `json:"g" binding:"numeric"`
	H string     `json:"h" binding:"omitempty,url"`
}

// Lists has rules of lists, maps and what is in them.
type Lists struct {
	A []string       `json:"a" binding:"required,min=1,max=3,dive,min=2"`
	B []int          `json:"b" binding:"dive,gte=1"`
	C map[string]int `json:"c" binding:"max=2,dive,lt=5"`
	D []Inner        `json:"d" binding:"dive"`
	E Inner          `json:"e"`
	F *Inner         `json:"f" binding:"required"`
	G []string       `json:"g" binding:"omitempty,unique"`
}

// Inner is inside of others.
type Inner struct {
	X int    `json:"x" binding:"required,max=9"`
	Y string `json:"y" binding:"omitempty,max=2"`
}

// All has all of them.
type All struct {
	Strings Strings
	Numbers Numbers
	Formats Formats
	Lists   Lists
}
