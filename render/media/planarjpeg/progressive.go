package planarjpeg

// The scans of a progressive file add coefficients, band by band, and further bits of known
// coefficients (T.81 G). Each of the functions here decodes a block of one kind of scan.

// at returns the coefficients of a block.
func (c *component) at(bx, by int) *[64]int16 {
	return (*[64]int16)(c.coefficients[64*(by*c.stride+bx):])
}

// firstDC decodes the upper bits of the DC coefficient (T.81 G.1.2.1).
func (d *decoder) firstDC(s *scan, c *component, bx, by int) error {
	if d.count < 32 {
		d.acc, d.count = d.fill(d.acc, d.count)
	}
	e := c.dcTable.next(d.acc)
	if e == 0 || e.run() != 0 {
		return errCorrupt
	}
	if e.size() > 0 {
		c.dc += e.value(d.acc)
	}
	d.acc <<= e.length() & 63
	d.count -= e.length()
	c.at(bx, by)[0] = int16(c.dc << s.low)
	return nil
}

// refineDC adds one bit to the DC coefficient.
func (d *decoder) refineDC(s *scan, c *component, bx, by int) error {
	c.at(bx, by)[0] |= int16(d.bits(1) << s.low)
	return nil
}

// firstAC decodes the upper bits of a band (T.81 G.1.2.2).
func (d *decoder) firstAC(s *scan, c *component, bx, by int) error {
	if d.endOfBands > 0 {
		d.endOfBands--
		return nil
	}
	coefficients := c.at(bx, by)
	acc, count := d.acc, d.count
	for k := s.first; k <= s.last; k++ {
		if count < 32 {
			acc, count = d.fill(acc, count)
		}
		e := c.acTable.next(acc)
		if e == 0 {
			return errCorrupt
		}
		k += e.run()
		if e.size() > 0 {
			if k > s.last {
				return errCorrupt
			}
			coefficients[zigzag[k]] = int16(e.value(acc) << s.low)
		}
		acc <<= e.length() & 63
		count -= e.length()
		if e.size() == 0 && e.run() < 15 {
			d.acc, d.count = acc, count
			d.endOfBands = d.readEndOfBands(e.run()) - 1
			return nil
		}
	}
	d.acc, d.count = acc, count
	return nil
}

// readEndOfBands reads how many blocks, including this one, have nothing more (T.81 table G.1).
func (d *decoder) readEndOfBands(bits int) int {
	n := 1 << bits
	if bits > 0 {
		n += d.bits(bits)
	}
	return n
}

// refineAC adds a bit to those coefficients of a band that are not zero, and decodes which others
// become 1 or -1 at the position of this bit (T.81 G.1.2.3).
func (d *decoder) refineAC(s *scan, c *component, bx, by int) error {
	coefficients := c.at(bx, by)
	k := s.first
	for d.endOfBands == 0 && k <= s.last {
		if d.count < 32 {
			d.acc, d.count = d.fill(d.acc, d.count)
		}
		e := c.acTable.next(d.acc)
		if e == 0 || e.size() > 1 {
			return errCorrupt
		}
		var new int16
		if e.size() == 1 {
			new = int16(e.value(d.acc) << s.low)
		}
		d.acc <<= e.length() & 63
		d.count -= e.length()
		if e.size() == 0 && e.run() < 15 {
			d.endOfBands = d.readEndOfBands(e.run())
			break
		}
		k = d.refine(coefficients, s, k, e.run())
		if new != 0 {
			if k > s.last {
				return errCorrupt
			}
			coefficients[zigzag[k]] = new
		}
		k++
	}
	if d.endOfBands > 0 {
		d.endOfBands--
		d.refine(coefficients, s, k, 64)
	}
	return nil
}

// refine goes from k over so many zeros to the next zero, and returns its place. It adds a bit to
// all coefficients on the way that are not zero.
func (d *decoder) refine(coefficients *[64]int16, s *scan, k, zeros int) int {
	bit := int16(1) << s.low
	for ; k <= s.last; k++ {
		v := &coefficients[zigzag[k]]
		switch {
		case *v == 0:
			if zeros == 0 {
				return k
			}
			zeros--
		case d.bits(1) == 0:
		case *v > 0:
			*v += bit
		default:
			*v -= bit
		}
	}
	return k
}

// reconstruct makes the plane of a component from its coefficients.
func (d *decoder) reconstruct(c *component, quant *[64]int32) {
	var q [64]int32 // row by row
	for k, v := range quant {
		q[zigzag[k]] = v
	}
	for by := range c.blocksY {
		for bx := range c.blocksX {
			coefficients := c.at(bx, by)
			d.block = block{}
			highest := 0
			for y := range c.points {
				row := coefficients[8*y : 8*y+8 : 8*y+8]
				for x := range c.points {
					if row[x&7] != 0 {
						highest = 8*y + x
						d.block.add(uint8(highest), int32(row[x&7])*q[highest&63])
					}
				}
			}
			d.render(c, bx, by, highest)
		}
	}
	c.coefficients = nil
}
