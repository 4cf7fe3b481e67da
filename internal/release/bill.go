package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// bill returns the bill of materials of a binary, CycloneDX 1.6 as JSON. The binary says
// itself what it was built of.
func (b *binary) bill(src *source, modules []*module) ([]byte, error) {
	digest := sha256.Sum256(b.data)
	main := cdx.Component{
		BOMRef: purl(b.info.Main.Path, b.version()), Type: cdx.ComponentTypeApplication,
		Name: "mcpmount", Version: b.version(), PackageURL: purl(b.info.Main.Path, b.version()),
		Licenses: licences([]string{"MIT"}),
		Hashes:   &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(digest[:])}},
	}
	properties := []cdx.Property{}
	for _, setting := range b.info.Settings {
		properties = append(properties, cdx.Property{Name: "go:build:" + setting.Key, Value: setting.Value})
	}
	main.Properties = &properties
	var components []cdx.Component
	var contained []string
	for _, m := range modules {
		c := cdx.Component{
			BOMRef: purl(m.path, m.version), Type: cdx.ComponentTypeLibrary, Scope: cdx.ScopeRequired,
			Name: m.path, Version: m.version, PackageURL: purl(m.path, m.version), Licenses: licences(m.licences),
		}
		if m.sum != "" {
			c.Properties = &[]cdx.Property{{Name: "go:sum", Value: m.sum}}
		}
		components, contained = append(components, c), append(contained, c.BOMRef)
	}
	bom := cdx.NewBOM()
	bom.SerialNumber = serialNumber(digest)
	bom.Metadata = &cdx.Metadata{Timestamp: src.time.Format(time.RFC3339), Component: &main}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: main.BOMRef, Dependencies: &contained}}
	var out bytes.Buffer
	encoder := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// purl returns the package URL of a Go module.
func purl(path, version string) string { return "pkg:golang/" + path + "@" + version }

func licences(ids []string) *cdx.Licenses {
	var list cdx.Licenses
	for _, id := range ids {
		list = append(list, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	return &list
}

// serialNumber returns a UUID that is the same for the same binary: version 8 of RFC
// 9562.
func serialNumber(digest [sha256.Size]byte) string {
	id := digest[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
