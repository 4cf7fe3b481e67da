package shop

import (
	"errors"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A Product is something the shop sells.
type Product struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Category    string  `json:"category"`
	Price       float64 `json:"price"`
}

func catalogue() []Product {
	return []Product{
		{"mug", "Gopher mug", "Holds 300 ml of anything hot.", "kitchen", 12.5},
		{"teapot", "Teapot", "Short and stout. Refuses to brew coffee.", "kitchen", 34},
		{"lamp", "Desk lamp", "Warm light, no flicker, three steps.", "office", 49.9},
		{"notebook", "Notebook", "200 dotted pages that lie flat.", "office", 9.8},
		{"kite", "Kite", "Flies from three knots of wind.", "outdoor", 27},
		{"tent", "Tent", "Two people, one minute to pitch.", "outdoor", 180},
	}
}

func categories() []string { return []string{"kitchen", "office", "outdoor"} }

func (s *Shop) listProducts(w http.ResponseWriter, r *http.Request) {
	match, limit, err := productFilter(r)
	if err != nil {
		writeProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	found := []Product{}
	for _, p := range s.products {
		if len(found) < limit && match(p) {
			found = append(found, p)
		}
	}
	writeJSON(w, http.StatusOK, found)
}

// productFilter reads the query of GET /products.
func productFilter(r *http.Request) (match func(Product) bool, limit int, err error) {
	query := r.URL.Query()
	text, category := strings.ToLower(query.Get("q")), query.Get("category")
	if category != "" && !slices.Contains(categories(), category) {
		return nil, 0, errors.New("category must be one of " + strings.Join(categories(), ", "))
	}
	maxPrice, limit := 0.0, 20
	if v := query.Get("max_price"); v != "" {
		if maxPrice, err = strconv.ParseFloat(v, 64); err != nil || !(maxPrice > 0) {
			return nil, 0, errors.New("max_price must be a number above 0")
		}
	}
	if v := query.Get("limit"); v != "" {
		if limit, err = strconv.Atoi(v); err != nil || limit < 1 || limit > 100 {
			return nil, 0, errors.New("limit must be an integer from 1 to 100")
		}
	}
	return func(p Product) bool {
		return strings.Contains(strings.ToLower(p.Name+" "+p.Description), text) &&
			(category == "" || p.Category == category) &&
			(maxPrice == 0 || p.Price <= maxPrice)
	}, limit, nil
}

// product returns the product with the given id, or nil.
func (s *Shop) product(id string) *Product {
	i := slices.IndexFunc(s.products, func(p Product) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &s.products[i]
}

// pathProduct returns the product that the path names, or answers 404.
func (s *Shop) pathProduct(w http.ResponseWriter, r *http.Request) *Product {
	p := s.product(r.PathValue("id"))
	if p == nil {
		writeProblem(w, http.StatusNotFound, "there is no product "+strconv.Quote(r.PathValue("id")))
	}
	return p
}

func (s *Shop) getProduct(w http.ResponseWriter, r *http.Request) {
	if p := s.pathProduct(w, r); p != nil {
		writeJSON(w, http.StatusOK, p)
	}
}

// getImage draws a product as a square with a frame, in its own colour.
func (s *Shop) getImage(w http.ResponseWriter, r *http.Request) {
	p := s.pathProduct(w, r)
	if p == nil {
		return
	}
	h := fnv.New32a()
	io.WriteString(h, p.ID)
	sum := h.Sum32()
	fill := color.RGBA{uint8(sum), uint8(sum >> 8), uint8(sum >> 16), 255}

	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	draw.Draw(img, img.Bounds(), image.Black, image.Point{}, draw.Src)
	draw.Draw(img, img.Bounds().Inset(6), image.NewUniform(fill), image.Point{}, draw.Src)
	w.Header().Set("Content-Type", "image/png")
	png.Encode(w, img)
}

// A Photo is what the shop says about a photo that a customer sent. The shop
// does not keep the photo.
type Photo struct {
	Filename  string `json:"filename"`
	MediaType string `json:"media_type"`
	Bytes     int64  `json:"bytes"`
	Caption   string `json:"caption,omitempty"`
}

const maxPhotoBytes = 1 << 20 // 1 MiB

func (s *Shop) addPhoto(w http.ResponseWriter, r *http.Request) {
	if s.pathProduct(w, r) == nil {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPhotoBytes)
	file, header, err := r.FormFile("photo")
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		writeProblem(w, http.StatusRequestEntityTooLarge, "a photo may have 1 MiB at most")
		return
	}
	if err != nil {
		writeProblem(w, http.StatusBadRequest, "send a multipart form with a file named photo")
		return
	}
	defer file.Close()
	mediaType, _, _ := mime.ParseMediaType(header.Header.Get("Content-Type"))

	s.mu.Lock()
	s.photos++
	s.mu.Unlock()
	writeJSON(w, http.StatusCreated, Photo{header.Filename, mediaType, header.Size, r.FormValue("caption")})
}
